import type { Clock } from '@heronry/core/clock'
import type { Signer } from '@heronry/vault/vault'
import type { PendingWrite } from './apply-request.ts'
import { type BuiltCommit, buildCommit } from './build-commit.ts'
import { DuplicateFinder } from './duplicates.ts'
import type { OpenRepo } from './open-repo.ts'

/** What a request comes to: a commit, the refusal of it, or neither where it changes nothing. */
export interface Answer {
  readonly pending: PendingWrite
  readonly commit?: BuiltCommit
  readonly error?: unknown
}

/** Builds the requests' commits one on top of the other. A refused one leaves those after it standing: they build on the commit before it. */
export function judgeRequests(
  { signer, clock, opened }: { signer: Signer; clock: Clock; opened: OpenRepo },
  pending: readonly PendingWrite[],
): Answer[] {
  const duplicates = new DuplicateFinder(opened.duplicates)
  let state = opened.state
  return pending.map((one): Answer => {
    const { request } = one
    try {
      const replaced = request.replaceDuplicates ? duplicates.deletesFor(request.writes, state.root) : []
      const commit = buildCommit({ signer, clock }, state, {
        ...request,
        writes: [...replaced, ...request.writes],
      })
      if (commit === null) return { pending: one }
      state = commit.state
      duplicates.note(commit.changes)
      return { pending: one, commit }
    } catch (error) {
      return { pending: one, error }
    }
  })
}
