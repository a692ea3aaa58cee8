import type { Did } from '@heronry/core/did'
import { type EventBody, syncEvent } from '@heronry/events/event'
import { encodeCar } from './car.ts'
import type { RepoHead } from './find-repo.ts'

/** The #sync of a repo as it is: for whoever holds its row, to append. */
export function headSync(
  { head, rev, commit }: Pick<RepoHead, 'head' | 'rev' | 'commit'>,
  { did, time }: { did: Did; time: Date },
): EventBody {
  return syncEvent({ did, rev, time, blocks: encodeCar(head, [{ cid: head, bytes: commit }]) })
}
