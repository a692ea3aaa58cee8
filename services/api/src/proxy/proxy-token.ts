import { signServiceToken } from '@heronry/auth/sign-service-token'
import type { Community } from '@heronry/communities/community'
import type { Clock } from '@heronry/core/clock'
import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import type { ActorId } from '@heronry/core/ids'
import { findSigner, type SignerDeps } from '@heronry/repo/find-signer'
import { proxyTokenTtlMs } from './limits.ts'
import type { Upstream } from './upstream.ts'

export interface TokenDeps extends SignerDeps {
  readonly clock: Clock
}

export interface TokenFor {
  readonly actor: { readonly id: ActorId; readonly did: Did }
  readonly audience: string
  readonly lxm: string
}

/** The token that a request goes out with: for one method, once. Its key is the vault's, who remembers it. */
export async function proxyToken(deps: TokenDeps, { actor, audience, lxm }: TokenFor): Promise<string> {
  const signer = await findSigner(deps, actor.id)
  if (signer === undefined) throw new HeronryError('AccountNotFound', 'Account not found')
  const now = deps.clock.now()
  return signServiceToken(signer, {
    issuer: actor.did,
    audience,
    lxm,
    issuedAt: Math.floor(now / 1000),
    expiresAt: Math.floor((now + proxyTokenTtlMs) / 1000),
  })
}

/** The bare DID, as the reference has it; the service as well, as the specification wants it, for those who are known to expect that. */
export function audienceOf(
  { settings }: Community,
  { did, serviceId }: Pick<Upstream, 'did' | 'serviceId'>,
): string {
  const fragments = settings.fragmentAudiences ?? []
  return fragments.includes(did) || fragments.includes('*') ? `${did}#${serviceId}` : did
}
