import { cidString, type Digest, digestsEqual } from '@heronry/core/cid'
import type { Clock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import { nextRev, type Rev } from '@heronry/core/rev'
import { commitEvent, type EventBody } from '@heronry/events/event'
import { diffRows, type RowChanges } from '@heronry/mst/diff-rows'
import { coveringProof } from '@heronry/mst/proof'
import type { TreeNode } from '@heronry/mst/tree-node'
import type { Signer } from '@heronry/vault/vault'
import { type AppliedWrites, applyWrites, areIdle } from './apply-writes.ts'
import { type CarBlock, encodeCar } from './car.ts'
import type { PreparedWrite } from './prepared-write.ts'
import type { RepoActor, RepoState } from './repo-state.ts'
import { signCommit } from './sign-commit.ts'

export interface CommitRequest {
  readonly actor: RepoActor
  readonly writes: readonly PreparedWrite[]
  /** The head the repo must have. */
  readonly swapCommit?: Digest | undefined
}

/** One request's commit: signed, announced, and everything that storing it changes. */
export interface BuiltCommit {
  /** The repo at this commit. */
  readonly state: RepoState
  readonly cid: Digest
  readonly rev: Rev
  readonly bytes: Uint8Array
  /** The last write to each path. */
  readonly changes: readonly PreparedWrite[]
  readonly rows: RowChanges
  readonly event: EventBody
}

/**
 * The commit of a request on top of `state`, everything in memory; null where the writes change nothing (a request without writes is an empty
 * commit, as at the reference server). `state` stays usable: a refused or lost commit is simply forgotten.
 *
 * Throws `InvalidSwap`, the errors of `applyWrites`, and `InvalidRequest` past the size of an event.
 */
export function buildCommit(
  { signer, clock }: { signer: Signer; clock: Clock },
  state: RepoState,
  { actor, writes, swapCommit }: CommitRequest,
): BuiltCommit | null {
  if (areIdle(state.root, writes)) return null
  if (swapCommit !== undefined && !digestsEqual(swapCommit, state.head)) {
    throw new HeronryError('InvalidSwap', `Commit was at ${cidString(state.head)}`)
  }
  const applied = applyWrites(state.root, writes)
  const proof = coveringProof(applied.root, applied.last.keys())
  const data = applied.root.digest as Digest
  const rev = nextRev(clock, state.rev)
  const commit = signCommit(signer, { did: actor.did, rev, data })
  const event = commitEvent({
    did: actor.did,
    commit: commit.cid,
    rev,
    since: state.rev,
    prevData: state.data,
    ops: applied.ops,
    blocks: encodeCar(commit.cid, announcedBlocks({ commit, proof, applied })),
    time: new Date(clock.now()),
  })
  const { root, ...rows } = diffRows(state.root, applied.root)
  const next = { storeId: state.storeId, head: commit.cid, rev, data, root }
  return { ...commit, rev, state: next, changes: [...applied.last.values()], rows, event }
}

/** The commit, the covering proof (every new node is in it), the records that were written: each block once. */
function* announcedBlocks(parts: {
  commit: CarBlock
  proof: Iterable<TreeNode>
  applied: AppliedWrites
}): Iterable<CarBlock> {
  const seen = new Set<string>()
  for (const block of blocksOf(parts)) {
    const key = Buffer.from(block.cid).toString('latin1')
    if (seen.has(key)) continue
    seen.add(key)
    yield block
  }
}

function* blocksOf({
  commit,
  proof,
  applied,
}: {
  commit: CarBlock
  proof: Iterable<TreeNode>
  applied: AppliedWrites
}): Iterable<CarBlock> {
  yield commit
  for (const { digest, bytes } of proof) yield { cid: digest as Digest, bytes: bytes as Uint8Array }
  for (const { cid, value } of applied.last.values()) {
    if (cid !== null && value !== null) yield { cid, bytes: value }
  }
}
