import type { Digest } from '@heronry/core/cid'
import { HeronryError } from '@heronry/core/error'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { getValue } from '@heronry/mst/get-value'
import { pathTo } from '@heronry/mst/proof'
import type { Logger } from '@heronry/telemetry/logger'
import { assertRecord } from './assert-record.ts'
import { type CarBlock, encodeCar } from './car.ts'
import { openRepo } from './open-repo.ts'
import { proofAttemptsMax } from './read-limits.ts'
import type { RepoState } from './repo-state.ts'

export interface ProofQuery {
  actorId: ActorId
  /** `<collection>/<rkey>` */
  path: string
}

/**
 * A CAR that proves what a repo holds at `path`: the commit, the nodes from the root to where the path is or would be, and the record
 * where there is one.
 *
 * Throws where the record is not what its CID names; `RecordNotFound` for one that is taken down, which is still in the tree, so that nothing
 * can be proved instead; `RepoNotFound`; and `ServiceUnavailable` where a commit came between tree and record every time.
 */
export async function proveRecord(
  deps: { db: Database; logger: Logger },
  { actorId, path }: ProofQuery,
): Promise<Uint8Array> {
  for (let attempt = 0; attempt < proofAttemptsMax; attempt++) {
    const opened = await openRepo(deps, { actorId, keys: [path], backlinks: [], known: undefined })
    if (opened === undefined) throw new HeronryError('RepoNotFound', 'The repo is gone')
    const { root, head } = opened.state
    const ends = await commitAndRecord(deps, { actorId, path, state: opened.state })
    if (ends === undefined) continue
    const nodes = pathTo(root, path).map((node) => ({ cid: node.digest, bytes: node.bytes }) as CarBlock)
    return encodeCar(head, [ends.commit, ...nodes, ...ends.record])
  }
  throw new HeronryError('ServiceUnavailable', 'The repository is busy: try again')
}

/** The first and last blocks of the proof; undefined where the repo is not at this head any more. */
async function commitAndRecord(
  { db, logger }: { db: Database; logger: Logger },
  { actorId, path, state }: ProofQuery & { state: RepoState },
): Promise<{ commit: CarBlock; record: CarBlock[] } | undefined> {
  const row = await db
    .selectFrom('repo')
    .leftJoin('record', (join) =>
      join.onRef('record.store_id', '=', 'repo.store_id').on('record.path', '=', path),
    )
    .select(['repo.commit', 'record.value', 'record.takedown'])
    .where('repo.actor_id', '=', actorId)
    .where('repo.head', '=', state.head)
    .executeTakeFirst()
  if (row === undefined) return undefined
  if (row.takedown) throw new HeronryError('RecordNotFound', `Could not locate record: ${path}`)
  const commit = { cid: state.head, bytes: row.commit }
  const cid: Digest | null = getValue(state.root, path)
  if (cid === null || row.value === null) return { commit, record: [] }
  assertRecord(logger, { actorId, path, cid, value: row.value })
  return { commit, record: [{ cid, bytes: row.value }] }
}
