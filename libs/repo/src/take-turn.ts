import { cidString, digestsEqual } from '@heronry/core/cid'
import type { Clock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import type { ActorId } from '@heronry/core/ids'
import { isConnectionLost } from '@heronry/db/connection-lost'
import type { Database } from '@heronry/db/database'
import type { Logger } from '@heronry/telemetry/logger'
import type { Signer } from '@heronry/vault/vault'
import type { PendingWrite } from './apply-request.ts'
import { chainOf } from './chain.ts'
import type { CommitLanes } from './commit-lanes.ts'
import type { CommitOutcome } from './commit-statement.ts'
import { findSigner } from './find-signer.ts'
import { type Answer, judgeRequests } from './judge-requests.ts'
import { type OpenRepo, openRepo } from './open-repo.ts'
import type { RepoActor, RepoState } from './repo-state.ts'

export interface TurnDeps {
  db: Database
  vault: { signer(actorId: ActorId): Promise<Signer> }
  clock: Clock
  logger: Logger
  lanes: CommitLanes
  notWritable: (actor: RepoActor) => Promise<HeronryError>
}

export interface TurnInput {
  actor: RepoActor
  known: RepoState | undefined
  pending: readonly PendingWrite[]
}

export interface TurnResult {
  /** What to remember of the repo; undefined: nothing. */
  state: RepoState | undefined
  /** Requests that have no answer yet, in their order. */
  left: readonly PendingWrite[]
  /** Answers the others: called once the state is remembered. */
  tell: () => void
}

/**
 * Takes one repo's queued requests through one statement: load what they touch, build the commits one on top of the other, send the chain,
 * answer. Never throws: a fault is the answer of every request of the turn; a connection that was lost is a turn to take again.
 */
export async function takeTurn(deps: TurnDeps, input: TurnInput): Promise<TurnResult> {
  const { actor, pending } = input
  try {
    const opened = await openFor(deps, input)
    if (opened === undefined) return rejectAll(pending, repoNotFound(actor))
    if (!opened.writable) return rejectAll(pending, await deps.notWritable(actor))
    const signer = await findSigner(deps, actor.id)
    if (signer === undefined) return rejectAll(pending, repoNotFound(actor))
    const answers = judgeRequests({ signer, clock: deps.clock, opened }, pending)
    const commits = answers.flatMap((answer) => answer.commit ?? [])
    if (commits.length === 0) return await answerWithoutCommit(deps, { actor, opened, answers })
    const chain = chainOf(actor, opened.state, commits)
    const outcome = await deps.lanes.commit(chain)
    return await answer(deps, { actor, opened, answers, outcome })
  } catch (error) {
    if (!isConnectionLost(error)) return rejectAll(pending, error)
    // The lanes settle what they have sent: whatever was lost here had only read.
    deps.logger.warn({ err: error, actorId: actor.id }, 'connection lost while a repo was read')
    return { state: undefined, left: pending.map(withLoss), tell: nothing }
  }
}

function openFor(
  { db, logger }: TurnDeps,
  { actor, known, pending }: TurnInput,
): Promise<OpenRepo | undefined> {
  const requests = pending.map(({ request }) => request)
  return openRepo(
    { db, logger },
    {
      actorId: actor.id,
      keys: [...new Set(requests.flatMap(({ writes }) => writes.map((write) => write.path)))],
      backlinks: requests
        .filter((request) => request.replaceDuplicates)
        .flatMap(({ writes }) => writes.flatMap((write) => write.backlink ?? [])),
      known,
    },
  )
}

interface Judged {
  actor: RepoActor
  opened: OpenRepo
  answers: readonly Answer[]
}

/** Refusals, and requests that change nothing, are told only of the head as it is now. */
async function answerWithoutCommit(deps: TurnDeps, { actor, opened, answers }: Judged): Promise<TurnResult> {
  const pending = answers.map((answer) => answer.pending)
  if (!opened.fresh) {
    const repo = await deps.db
      .selectFrom('repo')
      .select(['head', 'writable'])
      .where('actor_id', '=', actor.id)
      .executeTakeFirst()
    if (repo === undefined || !digestsEqual(repo.head, opened.state.head))
      return { state: undefined, left: pending, tell: nothing }
    if (!repo.writable) return rejectAll(pending, await deps.notWritable(actor))
  }
  return { state: opened.state, left: [], tell: () => answers.forEach(settle) }
}

async function answer(
  deps: TurnDeps,
  { actor, opened, answers, outcome }: Judged & { outcome: CommitOutcome },
): Promise<TurnResult> {
  const pending = answers.map((one) => one.pending)
  switch (outcome.status) {
    case 'won': {
      const state = answers.findLast((one) => one.commit)?.commit?.state
      return { state, left: [], tell: () => answers.forEach(settle) }
    }
    case 'lost':
      return { state: undefined, left: pending.map(withLoss), tell: nothing }
    case 'not-writable':
      return rejectAll(pending, await deps.notWritable(actor))
    case 'no-repo':
      return rejectAll(pending, repoNotFound(actor))
    case 'no-blob': {
      const lacking = new Set(outcome.cids.map((cid) => cidString(cid, 'raw')))
      return refuseLacking(answers, { lacking, state: opened.state })
    }
  }
}

function settle({ pending: { request, resolve, reject }, commit, error }: Answer): void {
  if (error !== undefined) {
    reject(error)
    return
  }
  resolve({
    commit: commit === undefined ? null : { cid: commit.cid, rev: commit.rev },
    results: request.writes.map(({ path, cid }) => ({ path, cid })),
  })
}

function withLoss(pending: PendingWrite): PendingWrite {
  pending.losses++
  pending.lostSince ??= performance.now()
  return pending
}

/** Refuses the commits whose own blobs are not there; the rest of the chain is left, to be built again without them. */
function refuseLacking(
  answers: readonly Answer[],
  { lacking, state }: { lacking: Set<string>; state: RepoState },
) {
  const lackingOf = ({ commit }: Answer) =>
    commit?.changes
      .flatMap((change) => change.blobs)
      .map(({ cid }) => cidString(cid, 'raw'))
      .find((cid) => lacking.has(cid))
  const refused = answers.flatMap((answer) => {
    const cid = lackingOf(answer)
    if (cid === undefined) return []
    return { pending: answer.pending, error: new HeronryError('BlobNotFound', `Could not find blob: ${cid}`) }
  })
  const left = answers.filter((answer) => lackingOf(answer) === undefined).map(({ pending }) => pending)
  return { state, left, tell: () => refused.forEach(settle) }
}

function rejectAll(pending: readonly PendingWrite[], error: unknown): TurnResult {
  return {
    state: undefined,
    left: [],
    tell: () => {
      for (const { reject } of pending) reject(error)
    },
  }
}

function repoNotFound({ did }: RepoActor): HeronryError {
  return new HeronryError('RepoNotFound', `Could not find repo: ${did}`)
}

function nothing(): void {}
