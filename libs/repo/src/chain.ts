import type { Digest } from '@heronry/core/cid'
import { revNumber } from '@heronry/core/rev'
import type { EventBody } from '@heronry/events/event'
import type { NodeRow, Position } from '@heronry/mst/diff-rows'
import { mayBeLinked } from './backlink.ts'
import type { BuiltCommit } from './build-commit.ts'
import { positionKey } from './load-paths.ts'
import type { Backlink } from './prepared-write.ts'
import type { RepoActor, RepoState } from './repo-state.ts'

/**
 * What one statement changes in one repo: commits that follow one another, folded together, since a statement can touch a row only once. Each
 * commit keeps its event.
 */
export interface Chain {
  readonly actor: RepoActor
  readonly oldHead: Digest
  readonly head: Digest
  readonly rev: bigint
  readonly data: Digest
  readonly commit: Uint8Array
  readonly records: readonly RecordChange[]
  readonly nodes: readonly (NodeRow | (Position & { cid: null; body: null }))[]
  /** Blobs that must be there; of the record at `path`, or of a commit in between where that is null. */
  readonly blobs: readonly { path: string | null; cid: Digest }[]
  readonly backlinks: readonly (Backlink & { path: string })[]
  readonly events: readonly EventBody[]
  /** Whether a row of a record or a node may be there already, or must go. */
  readonly replaces: boolean
  /** Whether a record that is replaced or deleted may have had a backlink. */
  readonly unlinks: boolean
  /** Bytes of what is sent, roughly. */
  readonly size: number
}

/** A record to write, or to delete where `cid` and `value` are null. `rev` is that of the commit that did it. */
export interface RecordChange {
  readonly path: string
  readonly cid: Digest | null
  readonly rev: bigint
  readonly value: Uint8Array | null
}

/** Folds commits of one repo, the first of them on top of `base`; at least one. */
export function chainOf(actor: RepoActor, base: RepoState, commits: readonly BuiltCommit[]): Chain {
  const last = commits.at(-1)
  if (last === undefined) throw new Error('A chain has at least one commit')
  const nodes = new Map<string, Chain['nodes'][number]>()
  const changes = new Map<string, { change: BuiltCommit['changes'][number]; rev: bigint }>()
  const between: { path: null; cid: Digest }[] = []
  for (const { rows, changes: own, rev: spelled } of commits) {
    const rev = revNumber(spelled)
    for (const position of rows.deletes)
      nodes.set(positionKey(position), { ...position, cid: null, body: null })
    for (const row of rows.upserts) nodes.set(positionKey(row), row)
    for (const change of own) {
      const earlier = changes.get(change.path)?.change.blobs ?? []
      for (const { cid } of earlier) between.push({ path: null, cid })
      changes.set(change.path, { change, rev })
    }
  }
  const final = [...changes.values()]
  const replaced = commits.flatMap((commit) => commit.changes.filter(({ action }) => action !== 'create'))
  const body = {
    records: final.map(({ change: { path, cid, value }, rev }) => ({ path, cid, rev, value })),
    nodes: [...nodes.values()],
    events: commits.map((commit) => commit.event),
  }
  return {
    actor,
    oldHead: base.head,
    head: last.cid,
    rev: revNumber(last.rev),
    data: last.state.data,
    commit: last.bytes,
    ...body,
    blobs: [
      ...between,
      ...final.flatMap(({ change: { path, blobs } }) => blobs.map(({ cid }) => ({ path, cid }))),
    ],
    backlinks: final.flatMap(({ change: { path, backlink } }) =>
      backlink === null ? [] : [{ ...backlink, path }],
    ),
    replaces: replaced.length > 0 || body.nodes.some(({ cid }) => cid === null),
    unlinks: replaced.some(({ path }) => mayBeLinked(path)),
    size: sizeOf(body),
  }
}

function sizeOf({ records, nodes, events }: Pick<Chain, 'records' | 'nodes' | 'events'>): number {
  const values = [...records.map((record) => record.value), ...nodes.map((node) => node.body)]
  const bodies = [...values, ...events.map((event) => event.body)]
  return bodies.reduce((total, bytes) => total + 200 + (bytes?.length ?? 0), 0)
}
