import type { Clock } from '@heronry/core/clock'
import { nextRev, type Rev, revNumber } from '@heronry/core/rev'
import type { Transaction } from '@heronry/db/in-transaction'
import { type EventBody, syncEvent } from '@heronry/events/event'
import type { Signer } from '@heronry/vault/vault'
import { encodeCar } from './car.ts'
import type { RepoHead } from './find-repo.ts'
import type { RepoActor } from './repo-state.ts'
import { signCommit } from './sign-commit.ts'

export interface Recommit {
  readonly actor: RepoActor
  readonly repo: Pick<RepoHead, 'rev' | 'data'>
  readonly signer: Signer
  readonly afterRev: Rev
}

/**
 * Signs the same tree once more, with a rev beyond `afterRev` and beyond the repo's own. Returns the #sync that says so, for the
 * caller to append in the same transaction: whoever has heard a later state of this repo believes it again.
 *
 * The caller holds the row (`lockRepo`). An engine that knows the former head loses its next swap and loads again.
 */
export async function recommit(
  tx: Transaction,
  { clock }: { clock: Clock },
  { actor, repo, signer, afterRev }: Recommit,
): Promise<EventBody> {
  const rev = nextRev(clock, afterRev > repo.rev ? afterRev : repo.rev)
  const commit = signCommit(signer, { did: actor.did, rev, data: repo.data })
  await tx
    .updateTable('repo')
    .set({ head: commit.cid, rev: revNumber(rev), commit: commit.bytes })
    .where('actor_id', '=', actor.id)
    .execute()
  const time = new Date(clock.now())
  return syncEvent({ did: actor.did, rev, blocks: encodeCar(commit.cid, [commit]), time })
}
