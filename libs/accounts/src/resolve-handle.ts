import type { Community } from '@heronry/communities/community'
import type { CommunityDirectory } from '@heronry/communities/directory'
import type { Did } from '@heronry/core/did'
import type { Handle } from '@heronry/core/handle'
import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { HandleResolver } from '@heronry/identity/handle-resolver'
import { findActor } from './actor.ts'

export interface ResolveHandleDeps {
  readonly db: Database
  readonly communities: Pick<CommunityDirectory, 'forHandle'>
  /** How the world resolves a handle that is not of this house. */
  readonly handles: HandleResolver
}

interface Question {
  readonly community: Community
  readonly handle: Handle
}

/** The DID of a handle as the community's host answers for it: that of its own active account first. Null where there is none. */
export async function resolveHandle(deps: ResolveHandleDeps, question: Question): Promise<Did | null> {
  const { community, handle } = question
  const own = await activeDid(deps.db, { communityId: community.id, handle })
  return own ?? (await resolveElsewhere(deps, question))
}

/**
 * The same without the community's custom handles, which the world may give to somebody else meanwhile. For a handle under a domain of
 * this house its community answers, and nobody outside is asked.
 */
export async function resolveElsewhere(
  { db, communities, handles }: ResolveHandleDeps,
  { handle }: Question,
): Promise<Did | null> {
  const owner = await communities.forHandle(handle)
  if (owner !== undefined) return await activeDid(db, { communityId: owner.id, handle })
  return await handles.resolve(handle)
}

async function activeDid(
  db: Database,
  { communityId, handle }: { communityId: CommunityId; handle: Handle },
): Promise<Did | null> {
  const actor = await findActor(db, { communityId, didOrHandle: handle })
  return actor?.status === 'active' ? actor.did : null
}
