import type { Digest } from '@heronry/core/cid'
import type { Rev } from '@heronry/core/rev'
import type { PreparedWrite } from './prepared-write.ts'
import type { RepoActor } from './repo-state.ts'

export interface ApplyRequest {
  actor: RepoActor
  writes: readonly PreparedWrite[]
  /** The head the repo must have; else `InvalidSwap`. */
  swapCommit?: Digest | undefined
  /** Delete earlier records that point where a created like, repost, follow or block points, in the same commit. */
  replaceDuplicates?: boolean | undefined
}

export interface ApplyResult {
  /** Null where nothing changed: a put of the same value, an ignored delete of nothing. */
  commit: { cid: Digest; rev: Rev } | null
  /** One for each write of the request. */
  results: readonly { path: string; cid: Digest | null }[]
}

/** A request that waits for its answer. */
export interface PendingWrite {
  readonly request: ApplyRequest
  /** Of its records. */
  readonly bytes: number
  readonly resolve: (result: ApplyResult) => void
  readonly reject: (error: unknown) => void
  losses: number
  /** `performance.now()` of the first loss. */
  lostSince: number | null
}
