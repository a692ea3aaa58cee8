import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { findActor } from './actor.ts'

/** What a client is told whose repo takes no writes. */
export async function whyNotWritable(
  db: Database,
  { communityId, did }: { communityId: CommunityId; did: Did },
): Promise<HeronryError> {
  const actor = await findActor(db, { communityId, didOrHandle: did })
  if (actor === undefined) return new HeronryError('AccountNotFound', 'Account not found')
  if (actor.status === 'deactivated') return new HeronryError('AccountDeactivated', 'Account is deactivated')
  // Just activated, or about to be: a suspension has run out and its job has yet to say so.
  if (actor.status === 'active')
    return new HeronryError('ServiceUnavailable', 'The account takes no writes yet: try again')
  return new HeronryError('AccountTakedown', 'Account has been taken down')
}
