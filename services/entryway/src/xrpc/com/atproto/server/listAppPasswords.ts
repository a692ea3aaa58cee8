import { toDatetimeString } from '@atproto/syntax'
import { listAppPasswords as list } from '@heronry/accounts/app-password-store'
import type { Auth } from '@heronry/auth/create-auth'
import type { Database } from '@heronry/db/database'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import { method } from '@heronry/xrpc/method'

export const listAppPasswords = ({ auth, db }: { auth: Auth; db: Database }) =>
  method(server.listAppPasswords, {
    auth: auth.session({ reach: 'standard' }),
    handler: async ({ auth: { actor } }) => {
      const found = await list(db, actor.id)
      const passwords = found.map(({ name, createdAt, privileged }) => ({
        name,
        createdAt: toDatetimeString(createdAt),
        privileged,
      }))
      return { body: { passwords } }
    },
  })
