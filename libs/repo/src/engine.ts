import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { treeBytes } from '@heronry/mst/tree-bytes'
import type { Logger } from '@heronry/telemetry/logger'
import type { Metrics } from '@heronry/telemetry/metrics'
import type { Signer } from '@heronry/vault/vault'
import { LRUCache } from 'lru-cache'
import type { ApplyRequest, ApplyResult, PendingWrite } from './apply-request.ts'
import { CommitLanes } from './commit-lanes.ts'
import {
  batchBytesMax,
  chainCommitsMax,
  commitRetryMsMax,
  commitRetryWaitMsMax,
  commitRetryWaitMsMin,
  repoQueueBytesMax,
  repoQueueMax,
  repoTreeBytesMax,
  treeCacheBytesMax,
  treeMeasureTurns,
} from './limits.ts'
import { observeCommit } from './observe-commit.ts'
import type { RepoActor, RepoState } from './repo-state.ts'
import { takeTurn } from './take-turn.ts'

export interface RepoEngineOptions {
  db: Database
  vault: { signer(actorId: ActorId): Promise<Signer> }
  clock: Clock
  logger: Logger
  metrics?: Metrics | undefined
  /** Limits, where they are not those of limits.ts. */
  cacheBytesMax?: number
  repoBytesMax?: number
  retryMsMax?: number
  /** Why a repo that is not writable is not: AccountDeactivated, AccountTakedown … (the engine does not know accounts). */
  notWritable?: (actor: RepoActor) => Promise<HeronryError>
}

export type { ApplyRequest, ApplyResult }

export type RepoEngine = ReturnType<typeof createRepoEngine>

/**
 * Writes repos. Any process may write any repo: the compare-and-swap of the commit statement decides, losers load again and try again.
 *
 * Invariants: one request is one commit, acknowledged after it is durable. Requests of one repo are committed in their order of arrival within
 * this process, as chains. What is kept in memory is a cache: it may be dropped at any time, and no refusal is given
 * from it before the head has been read again.
 */
export function createRepoEngine(options: RepoEngineOptions) {
  const { db, vault, clock, logger, metrics, cacheBytesMax = treeCacheBytesMax } = options
  const { repoBytesMax = repoTreeBytesMax, retryMsMax = commitRetryMsMax } = options
  const notWritable = options.notWritable ?? (async () => refusal())
  const lanes = new CommitLanes({ db, logger })
  const queues = new Map<ActorId, PendingWrite[]>()
  const states = new LRUCache<ActorId, Remembered>({ maxSize: cacheBytesMax })

  async function drain(actor: RepoActor, queue: PendingWrite[]): Promise<void> {
    // Requests of one turn of the event loop become one chain.
    await nextTurn()
    while (queue.length > 0) {
      const pending = queue.splice(0, chainLength(queue))
      const turn = await takeTurn(
        { db, vault, clock, logger, lanes, notWritable },
        { actor, known: states.get(actor.id)?.state, pending },
      )
      remember(actor.id, turn.state)
      turn.tell()
      if (turn.left.length > 0) queue.unshift(...(await backOff(turn.left, retryMsMax)))
    }
    queues.delete(actor.id)
  }

  /** A tree is measured when it is new here or has only been read, and else every few turns: a write adds one path. */
  function remember(actorId: ActorId, state: RepoState | undefined): void {
    const before = states.get(actorId)
    const isMeasured =
      before !== undefined && before.state.root !== state?.root && before.turns < treeMeasureTurns
    const bytes = state && (isMeasured ? before.bytes : treeBytes(state.root, repoBytesMax))
    if (state === undefined || bytes === undefined || bytes > repoBytesMax) states.delete(actorId)
    else states.set(actorId, { state, bytes, turns: isMeasured ? before.turns + 1 : 1 }, { size: bytes })
  }

  return {
    /**
     * Applies prepared writes as one commit. Throws `InvalidSwap`, `RecordAlreadyExists`, `RecordNotFound`, `BlobNotFound`,
     * `InvalidRequest` (limits), `RepoNotFound`, whatever `notWritable` says, and `ServiceUnavailable` when it is worth trying again.
     */
    apply(request: ApplyRequest): Promise<ApplyResult> {
      const { promise, resolve, reject } = Promise.withResolvers<ApplyResult>()
      const bytes = request.writes.reduce((sum, { value }) => sum + (value?.length ?? 0), 0)
      const pending: PendingWrite = { request, bytes, resolve, reject, losses: 0, lostSince: null }
      const queue = queues.get(request.actor.id)
      if (queue === undefined) {
        const created = [pending]
        queues.set(request.actor.id, created)
        void drain(request.actor, created)
      } else if (isFull(queue)) reject(busy())
      else queue.push(pending)
      return observeCommit(request, { metrics, committed: promise })
    },

    /** Forgets the trees in memory, or one actor's. */
    drop(actorId?: ActorId): void {
      if (actorId === undefined) states.clear()
      else states.delete(actorId)
    },

    /** Roughly the bytes of the trees in memory. */
    get cacheBytes(): number {
      return states.calculatedSize
    },
  }
}

interface Remembered {
  readonly state: RepoState
  /** Of its tree, when it was measured `turns` ago. */
  readonly bytes: number
  readonly turns: number
}

/** How many of the queue become one chain: the first always, the others as long as count and bytes allow. */
function chainLength(queue: readonly PendingWrite[]): number {
  let bytes = 0
  const end = queue.findIndex((pending, index) => {
    bytes += pending.bytes
    return index > 0 && (index >= chainCommitsMax || bytes > batchBytesMax)
  })
  return end === -1 ? queue.length : end
}

function isFull(queue: readonly PendingWrite[]): boolean {
  const bytes = queue.reduce((sum, pending) => sum + pending.bytes, 0)
  return queue.length >= repoQueueMax || bytes >= repoQueueBytesMax
}

/** Waits a little, longer after more losses, and gives up on those that have lost for too long. */
async function backOff(lost: readonly PendingWrite[], retryMsMax: number): Promise<PendingWrite[]> {
  const losses = Math.max(...lost.map((pending) => pending.losses))
  const most = Math.min(commitRetryWaitMsMin * 2 ** losses, commitRetryWaitMsMax)
  if (losses > 0) await delay(commitRetryWaitMsMin + Math.random() * most)
  const oldest = performance.now() - retryMsMax
  return lost.filter(({ lostSince, reject }) => {
    const givesUp = lostSince !== null && lostSince < oldest
    if (givesUp) reject(busy())
    return !givesUp
  })
}

function busy(): HeronryError {
  return new HeronryError('ServiceUnavailable', 'The repository is busy: try again')
}

function refusal(): HeronryError {
  return new HeronryError('Forbidden', 'The repository takes no writes at the moment')
}
