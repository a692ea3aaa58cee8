import type { ActorId } from '@heronry/core/ids'
import { inTransaction } from '@heronry/db/in-transaction'
import { handle } from '@heronry/jobs/handler'
import { reannounce, reannounceMany } from '@heronry/jobs/kinds/reannounce'
import { purgeReservedKeys } from '@heronry/vault/reserved-keys'
import { abandonDraft } from './abandon-draft.ts'
import {
  deleteDeactivated,
  endSuspension,
  mailPasswordReset,
  purgeReservations,
  purgeTokensJob,
  retireDid,
  undoDraft,
} from './account-job-kinds.ts'
import { deleteWhenDue } from './delete-when-due.ts'
import { purgeGateCodes } from './gate-code.ts'
import { liftSuspension } from './lift-suspension.ts'
import { purgeReservationsEveryMs, purgeTokensEveryMs, retireRetryDelaysMs } from './limits.ts'
import { purgeTokens } from './purge-tokens.ts'
import { type ReannounceDeps, reannounceDid } from './reannounce.ts'
import { spreadReannounce } from './reannounce-many.ts'
import { sendPasswordReset } from './request-password-reset.ts'
import { type RetireDidDeps, retire } from './retire-did.ts'
import { scheduleDeletion } from './schedule-deletion.ts'

/**
 * The janitor of sign-ups, deactivations and suspensions, and what follows a rollback. Each may run any number of times, at once, and be
 * killed anywhere.
 */
export function accountHandlers(deps: RetireDidDeps & ReannounceDeps) {
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
    handle(mailPasswordReset, async ({ payload, complete }) => {
      await inTransaction(deps.db, { name: 'mail password reset' }, async (tx) => {
        await sendPasswordReset(tx, deps, payload)
        await complete(tx)
      })
    }),
    handle(purgeTokensJob, () => purgeTokens(deps), { everyMs: purgeTokensEveryMs }),
    handle(deleteDeactivated, async ({ payload, complete }) => {
      const actorId = BigInt(payload.actorId) as ActorId
      await inTransaction(deps.db, { name: 'delete when due' }, async (tx) => {
        const again = await deleteWhenDue(tx, deps, actorId)
        await complete(tx)
        if (again !== null) await scheduleDeletion(tx, { actorId, deleteAfter: again })
      })
    }),
    handle(
      purgeReservations,
      async () => {
        const now = new Date(deps.clock.now())
        await purgeReservedKeys(deps.db, { now })
        await purgeGateCodes(deps.db, { now })
      },
      { everyMs: purgeReservationsEveryMs },
    ),
    handle(reannounceMany, ({ payload, complete }) => spreadReannounce(deps, payload, { complete })),
    handle(reannounce, ({ payload, complete }) => reannounceDid(deps, payload, { complete })),
  ]
}
