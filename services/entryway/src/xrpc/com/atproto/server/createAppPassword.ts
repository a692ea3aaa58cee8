import { toDatetimeString } from '@atproto/syntax'
import { createAppPassword as create } from '@heronry/accounts/create-app-password'
import type { Auth } from '@heronry/auth/create-auth'
import type { Database } from '@heronry/db/database'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import { method } from '@heronry/xrpc/method'

export const createAppPassword = ({ auth, db }: { auth: Auth; db: Database }) =>
  method(server.createAppPassword, {
    auth: auth.session({ reach: 'full', refuseTakendown: true }),
    handler: async ({ input, auth: { actor } }) => {
      const { name, privileged = false } = input.body
      const { secret, createdAt } = await create(db, { actor, name, privileged })
      return { body: { name, password: secret, createdAt: toDatetimeString(createdAt), privileged } }
    },
  })
