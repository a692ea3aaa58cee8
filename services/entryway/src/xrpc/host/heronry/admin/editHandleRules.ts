import { editHandleRules as edit } from '@heronry/accounts/edit-handle-rules'
import { inTransaction } from '@heronry/db/in-transaction'
import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'

export const editHandleRules = (deps: AdminDeps) =>
  adminMethod(deps, admin.editHandleRules, {
    handler: async ({ input, community }, trail) => {
      const { add = [], remove = [] } = input.body
      const named = (rules: typeof add) => rules.map(({ kind, word }) => `${kind} ${word}`)
      trail.about({ after: { added: named(add), removed: named(remove) } })
      const rules = await inTransaction(deps.db, { name: 'edit handle rules' }, async (tx) => {
        const edited = await edit(tx, { communityId: community.id, add, remove })
        await trail.done(tx)
        return edited
      })
      return { body: { rules } }
    },
  })
