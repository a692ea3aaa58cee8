import type { Passwords } from '@heronry/accounts/passwords'
import { assertNewPassword } from '@heronry/accounts/replace-password'
import { setPassword } from '@heronry/accounts/set-password'
import { parseDid } from '@heronry/core/did'
import { inTransaction } from '@heronry/db/in-transaction'
import * as admin from '@heronry/lexicons/generated/com/atproto/admin'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'

export const updateAccountPassword = ({ passwords, ...deps }: AdminDeps & { passwords: Passwords }) =>
  adminMethod(deps, admin.updateAccountPassword, {
    handler: async ({ input: { body }, community }, trail) => {
      trail.about({ subject: body.did })
      const did = parseDid(body.did)
      assertNewPassword(body.password)
      const passwordHash = await passwords.hash(body.password)
      await inTransaction(deps.db, { name: 'update account password' }, async (tx) => {
        const now = new Date(deps.clock.now())
        await setPassword(tx, { communityId: community.id, did, passwordHash, now })
        await trail.done(tx)
      })
      return undefined
    },
  })
