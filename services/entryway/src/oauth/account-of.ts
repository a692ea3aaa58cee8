import { InvalidRequestError } from '@atproto/oauth-provider/errors'
import type { Account, Did as StoreDid } from '@atproto/oauth-provider/store'
import { isBarred } from '@heronry/accounts/barred'
import { findLoginByIdentifier, type Login } from '@heronry/accounts/find-login'
import type { Community } from '@heronry/communities/community'
import type { Database } from '@heronry/db/database'

/** An account as the provider's pages show it, and as tokens name its audience. */
export function accountOf({ actor, email, emailConfirmed }: Login, community: Community): Account {
  return {
    did: actor.did,
    pds: community.serviceDid,
    deactivated: actor.status !== 'active',
    email,
    emailVerified: emailConfirmed,
    ...(actor.handle !== null && { handle: actor.handle }),
  } as Account
}

/** Undefined where the community has no such account, or keeps it out. */
export async function findMember(
  db: Database,
  { community, did }: { community: Community; did: StoreDid },
): Promise<Login | undefined> {
  const found = await findLoginByIdentifier(db, { communityId: community.id, identifier: did })
  return found === undefined || isBarred(found.login.actor.status) ? undefined : found.login
}

/** Throws `InvalidRequestError`. */
export async function requireMember(
  db: Database,
  who: { community: Community; did: StoreDid },
): Promise<Login> {
  const login = await findMember(db, who)
  if (login === undefined) throw new InvalidRequestError('Account not found')
  return login
}
