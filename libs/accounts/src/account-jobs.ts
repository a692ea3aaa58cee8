import type { Clock } from '@heronry/core/clock'
import type { ActorId } from '@heronry/core/ids'
import { inTransaction } from '@heronry/db/in-transaction'
import { handle } from '@heronry/jobs/handler'
import type { Vault } from '@heronry/vault/vault'
import { abandonDraft } from './abandon-draft.ts'
import { endSuspension, retireDid, undoDraft } from './account-job-kinds.ts'
import { liftSuspension } from './lift-suspension.ts'
import { retireRetryDelaysMs } from './limits.ts'
import { type RetireDidDeps, retire } from './retire-did.ts'

/** The janitor of sign-ups, and of suspensions. Each job may run any number of times, at once, and be killed anywhere. */
export function accountHandlers(deps: RetireDidDeps & { vault: Vault; clock: Clock }) {
  return [
    handle(undoDraft, async ({ payload }) => {
      if (await abandonDraft(deps, BigInt(payload.draftId))) {
        deps.logger.warn({ draftId: payload.draftId }, 'A sign-up was undone that had stopped half way')
      }
    }),
    handle(
      retireDid,
      async ({ payload, complete }) => {
        const rest = await retire(deps, payload)
        await inTransaction(deps.db, { name: 'retire DID' }, async (tx) => {
          await rest(tx)
          await complete(tx)
        })
      },
      { retryDelaysMs: retireRetryDelaysMs },
    ),
    handle(endSuspension, async ({ payload, complete }) => {
      await inTransaction(deps.db, { name: 'end suspension' }, async (tx) => {
        await liftSuspension(tx, deps, BigInt(payload.actorId) as ActorId)
        await complete(tx)
      })
    }),
  ]
}
