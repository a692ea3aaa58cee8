import { deleteActor } from '@heronry/accounts/delete-account'
import { findAccountState } from '@heronry/accounts/moderate-account'
import { parseDid } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import { inTransaction } from '@heronry/db/in-transaction'
import * as admin from '@heronry/lexicons/generated/com/atproto/admin'
import type { Vault } from '@heronry/vault/vault'
import { stateFacts } from '../../../../account-facts.ts'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'

export const deleteAccount = (deps: AdminDeps & { vault: Vault }) =>
  adminMethod(deps, admin.deleteAccount, {
    handler: async ({ input: { body }, community }, trail) => {
      trail.about({ subject: body.did })
      const did = parseDid(body.did)
      await inTransaction(deps.db, { name: 'delete account' }, async (tx) => {
        const account = await findAccountState(tx, { communityId: community.id, did })
        const isGone = account === undefined || !(await deleteActor(tx, deps, account.id))
        if (isGone) throw new HeronryError('NotFound', 'Account not found')
        await trail.done(tx, { before: stateFacts(account), after: { status: 'deleted' } })
      })
      return undefined
    },
  })
