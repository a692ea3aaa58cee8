import { AuthRequiredError } from '@atproto/xrpc-server'
import { findActor } from '@heronry/accounts/actor'
import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import type { DidResolver } from '@heronry/identity/did-resolver'
import { decodeProtectedHeader } from 'jose'
import type { CredentialRequest, DelegatedCredentials, ServiceCredentials } from './authenticator.ts'
import { requireBearer } from './authorization-header.ts'
import { type ServiceTokenExpectation, verifyServiceToken } from './service-token.ts'
import { returnServiceToken, useServiceToken } from './service-token-store.ts'

export interface ServiceDeps {
  db: Database
  resolver: DidResolver
}

/** Who signed the request's service token, which is good for one call of this method that succeeds, at this community. */
export async function authenticateService(
  deps: ServiceDeps,
  request: CredentialRequest,
  lxm: string,
): Promise<ServiceCredentials> {
  return { type: 'service', did: await spendServiceToken(deps, request, { lxm }) }
}

/** Who signed the request's service token, as `authenticateService`. */
export async function spendServiceToken(
  { db, resolver }: ServiceDeps,
  { authorization, community, ifFailed }: CredentialRequest,
  expected: Omit<ServiceTokenExpectation, 'audience'>,
): Promise<Did> {
  const bearer = requireBearer(authorization)
  const token = await verifyServiceToken(resolver, bearer, { audience: community.serviceDid, ...expected })
  if (await useServiceToken(db, token)) {
    ifFailed?.(() => returnServiceToken(db, token))
    return token.issuer
  }
  throw new AuthRequiredError('jwt was used before: ask for a new one', 'BadJwt')
}

/** The community's account that signed it, for the method that is called. */
export async function authenticateDelegate(
  deps: ServiceDeps,
  request: CredentialRequest,
): Promise<DelegatedCredentials> {
  const { did } = await authenticateService(deps, request, request.nsid)
  const actor = await findActor(deps.db, { communityId: request.community.id, didOrHandle: did })
  if (actor === undefined) throw new HeronryError('AccountNotFound', 'Account not found')
  return { type: 'delegated', actor }
}

/**
 * By its type, which both kinds of session tokens have and no service token may have; what is no token at all is for the session to refuse.
 */
export function isSessionToken(token: string): boolean {
  try {
    const { typ } = decodeProtectedHeader(token)
    return typ === 'at+jwt' || typ === 'refresh+jwt'
  } catch {
    return true
  }
}
