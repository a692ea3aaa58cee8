import { type Actor, findActor } from '@heronry/accounts/actor'
import type { AdminCredentials, MemberCredentials, NoCredentials } from '@heronry/auth/authenticator'
import type { Community } from '@heronry/communities/community'
import { type ErrorCode, HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import { findRepo, type RepoHead } from '@heronry/repo/find-repo'

/** Who asks: its owner and the community's administrator see a repo whatever its state. */
export type Viewer = MemberCredentials | AdminCredentials | NoCredentials

interface RepoQuery {
  readonly community: Community
  /** The `repo` or `did` parameter of a method. */
  readonly didOrHandle: string
  /** Asked only where the answer depends on it. */
  readonly viewer: Viewer | (() => Promise<Viewer>)
}

interface HostedRepo {
  readonly actor: Actor
  readonly repo: RepoHead
}

/**
 * The repo of an actor of the community that was asked, never of another. Absent are an unknown actor, one that is not
 * active, and a repo in quarantine, each but for its owner and for admins. Throws `RepoNotFound`, `RepoTakendown`, `RepoSuspended` or
 * `RepoDeactivated` for what is absent.
 */
export async function requireRepo(
  db: Database,
  { community, didOrHandle, viewer }: RepoQuery,
): Promise<HostedRepo> {
  const actor = await findActor(db, { communityId: community.id, didOrHandle })
  const repo = actor && (await findRepo(db, actor.id))
  if (actor === undefined || repo === undefined) throw notFound(didOrHandle)
  if (await mayRead({ actor, published: repo.published }, viewer)) return { actor, repo }
  throw repo.published ? inactive(actor) : notFound(didOrHandle)
}

/** Whether a repo is there for who asks, who is found out only where that matters. */
export async function mayRead(
  { actor, published }: { actor: Actor; published: boolean },
  viewer: RepoQuery['viewer'],
): Promise<boolean> {
  if (actor.status === 'active' && published) return true
  const asks = typeof viewer === 'function' ? await viewer() : viewer
  return asks.type === 'admin' || (asks.type !== 'none' && asks.actor.id === actor.id)
}

function notFound(didOrHandle: string): HeronryError {
  return new HeronryError('RepoNotFound', `Could not find repo for DID: ${didOrHandle}`)
}

function inactive({ status, did }: Actor): HeronryError {
  const [code, state] = inactiveCodes[status as keyof typeof inactiveCodes]
  return new HeronryError(code, `Repo has been ${state}: ${did}`)
}

const inactiveCodes = {
  takendown: ['RepoTakendown', 'takendown'],
  suspended: ['RepoSuspended', 'suspended'],
  deactivated: ['RepoDeactivated', 'deactivated'],
} satisfies Record<string, [ErrorCode, string]>
