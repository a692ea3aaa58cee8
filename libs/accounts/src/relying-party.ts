import { createHash } from 'node:crypto'
import type { Community } from '@heronry/communities/community'
import type { Actor } from './actor.ts'

/**
 * A community as authenticators know it (WebAuthn 3, 5.1.2): a passkey is bound to its hostname, so that those of one community are of no use at
 * another, and neither at somebody who looks like it.
 */
export function relyingParty({ hostname, publicUrl, settings }: Community) {
  return { rpId: hostname, origin: publicUrl, name: settings.name }
}

/** What an authenticator keeps an account by: the same each time, and nothing that says who it is. */
export function userHandle({ communityId, did }: Actor): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(`${communityId} ${did}`).digest())
}
