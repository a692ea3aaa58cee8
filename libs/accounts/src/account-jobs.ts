import type { ActorId } from '@heronry/core/ids'
import { inTransaction } from '@heronry/db/in-transaction'
import { handle } from '@heronry/jobs/handler'
import { reannounce, reannounceMany } from '@heronry/jobs/kinds/reannounce'
import { abandonDraft } from './abandon-draft.ts'
import {
  endSuspension,
  mailPasswordReset,
  purgeTokensJob,
  retireDid,
  undoDraft,
} from './account-job-kinds.ts'
import { liftSuspension } from './lift-suspension.ts'
import { purgeTokensEveryMs, retireRetryDelaysMs } from './limits.ts'
import { purgeTokens } from './purge-tokens.ts'
import { type ReannounceDeps, reannounceDid } from './reannounce.ts'
import { spreadReannounce } from './reannounce-many.ts'
import { sendPasswordReset } from './request-password-reset.ts'
import { type RetireDidDeps, retire } from './retire-did.ts'

/** The janitor of sign-ups and of suspensions, and what follows a rollback. Each may run any number of times, at once, and be killed anywhere. */
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
    handle(reannounceMany, ({ payload, complete }) => spreadReannounce(deps, payload, { complete })),
    handle(reannounce, ({ payload, complete }) => reannounceDid(deps, payload, { complete })),
  ]
}
