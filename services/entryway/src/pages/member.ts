import { type Actor, findActor } from '@heronry/accounts/actor'
import { isBarred } from '@heronry/accounts/barred'
import { isConfirmed } from '@heronry/accounts/owner-confirmation'
import type { Community } from '@heronry/communities/community'
import type { Clock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import { clientKey } from '@heronry/xrpc/client-key'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { readCookie } from './cookies.ts'
import { formToken } from './forgery.ts'
import type { SignedIn } from './signed-in.ts'

/** Somebody who is signed in on this device, as one of whose accounts he looks at a page. */
export interface Member {
  readonly community: Community
  readonly actor: Actor
  /** Where his pages are. */
  readonly base: string
  /** Shown a few minutes ago, and kept in a cookie; undefined: to be shown before anything is changed. */
  readonly confirmation: string | undefined
  /** What his forms bear. */
  readonly token: string
  readonly network: string
}

export interface MemberDeps {
  readonly db: Database
  readonly clock: Clock
  readonly signedIn: SignedIn
}

export const confirmationCookie = { name: 'heronry-owner' }

export function pagesOf(did: string): string {
  return `/account/security/${encodeURIComponent(did).replaceAll('%3A', ':')}`
}

/** Undefined where that account is not signed in on the device, or may not be. */
export async function findMember(
  deps: MemberDeps,
  {
    request,
    reply,
    community,
    did,
  }: { request: FastifyRequest; reply: FastifyReply; community: Community; did: string },
): Promise<Member | undefined> {
  const { db, clock } = deps
  const accounts = await deps.signedIn(request, reply, community)
  if (!accounts.some((account) => account.did === did)) return undefined
  const actor = await findActor(db, { communityId: community.id, didOrHandle: did })
  if (actor === undefined || isBarred(actor.status)) return undefined
  const confirmation = readCookie(request, community, confirmationCookie)
  const shown = { actorId: actor.id, confirmation: confirmation ?? '', now: new Date(clock.now()) }
  return {
    community,
    actor,
    base: pagesOf(did),
    confirmation: (await isConfirmed(db, shown)) ? confirmation : undefined,
    token: formToken(request, reply, community),
    network: clientKey(request),
  }
}
