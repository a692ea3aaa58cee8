import { digestsEqual } from '@heronry/core/cid'
import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import { type Gap, gapsOf } from '@heronry/mst/gaps'
import { loadBytes, loadLeaf } from '@heronry/mst/load-node'
import { unloadedNode } from '@heronry/mst/tree-node'
import type { Logger } from '@heronry/telemetry/logger'
import {
  type FoundDuplicate,
  type LoadedRepo,
  loadGaps,
  loadPaths,
  type PathsQuery,
  positionKey,
} from './load-paths.ts'
import { rebuildNodes } from './rebuild-nodes.ts'
import type { RepoState } from './repo-state.ts'

export interface OpenRepo {
  state: RepoState
  /** Whether the head was read just now, rather than remembered. */
  fresh: boolean
  /** As just read; unknown (true) where it was not. */
  writable: boolean
  duplicates: readonly FoundDuplicate[]
}

/**
 * The repo with everything loaded that writes to `keys` and to the duplicates of `backlinks` touch: no query where `known` has it all, else
 * one. Undefined where the actor has no repo.
 *
 * Every node is checked against its parent's link, the root against `repo.data`. Where the stored nodes are not those of the head that
 * the same snapshot shows, they are built again from the records, and the log says so.
 */
export async function openRepo(
  { db, logger }: { db: Database; logger: Logger },
  { known, ...query }: PathsQuery & { known: RepoState | undefined },
): Promise<OpenRepo | undefined> {
  if (known !== undefined && query.backlinks.length === 0 && gapsOf(known.root, query.keys).length === 0) {
    return { state: known, fresh: false, writable: true, duplicates: [] }
  }
  for (let attempt = 0; attempt < 5; attempt++) {
    const opened = await openOnce(db, { known, ...query })
    if (opened === 'moved') continue
    if (opened !== 'damaged') return opened
    logger.error(
      { actorId: query.actorId },
      'tree nodes are not those of the head: rebuilding them from the records',
    )
    await rebuildNodes(db, query.actorId)
  }
  throw new HeronryError('ServiceUnavailable', 'The repository is busy: try again')
}

async function openOnce(
  db: Database,
  { known, ...query }: PathsQuery & { known: RepoState | undefined },
): Promise<OpenRepo | undefined | 'moved' | 'damaged'> {
  const seen = await loadPaths(db, query)
  if (seen === undefined) return undefined
  const state = known !== undefined && digestsEqual(known.head, seen.head) ? known : stateOf(seen)
  const keys = [...query.keys, ...seen.duplicates.map((duplicate) => duplicate.path)]
  fill(state, { keys, seen })
  for (let gaps = gapsOf(state.root, keys); gaps.length > 0; gaps = gapsOf(state.root, keys)) {
    const exact = await loadGaps(db, { actorId: query.actorId, gaps })
    if (exact === undefined || !digestsEqual(exact.head, state.head)) return 'moved'
    if (!gaps.every((gap) => fillGap(gap, exact))) return 'damaged'
  }
  return { state, fresh: true, writable: seen.writable, duplicates: seen.duplicates }
}

function stateOf({ storeId, head, rev, data, topLayer }: LoadedRepo): RepoState {
  return { storeId, head, rev, data, root: unloadedNode(topLayer, '', data) }
}

/** Fills what `seen` has, layer by layer. What does not fit stays a gap: a second look decides. */
function fill(state: RepoState, { keys, seen }: { keys: readonly string[]; seen: LoadedRepo }): void {
  for (let gaps = gapsOf(state.root, keys); gaps.length > 0; gaps = gapsOf(state.root, keys)) {
    if (gaps.filter((gap) => fillGap(gap, seen)).length === 0) return
  }
}

function fillGap({ node, layer, lo, hi }: Gap, seen: LoadedRepo): boolean {
  if (layer > 0) {
    const body = seen.nodes.get(positionKey({ layer, lo }))
    return body !== undefined && loadBytes(node, body)
  }
  return loadLeaf(
    node,
    seen.records.filter(({ path }) => path > lo && (hi === null || path < hi)),
  )
}
