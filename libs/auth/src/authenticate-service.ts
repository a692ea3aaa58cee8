import { AuthRequiredError } from '@atproto/xrpc-server'
import type { Database } from '@heronry/db/database'
import type { DidResolver } from '@heronry/identity/did-resolver'
import type { CredentialRequest, ServiceCredentials } from './authenticator.ts'
import { requireBearer } from './authorization-header.ts'
import { verifyServiceToken } from './service-token.ts'
import { useServiceToken } from './service-token-store.ts'

/** Who signed the request's service token, which is good for this method, at this community, once. */
export async function authenticateService(
  { db, resolver }: { db: Database; resolver: DidResolver },
  { authorization, community }: CredentialRequest,
  lxm: string,
): Promise<ServiceCredentials> {
  const bearer = requireBearer(authorization)
  const token = await verifyServiceToken(resolver, bearer, { audience: community.serviceDid, lxm })
  if (!(await useServiceToken(db, token))) {
    throw new AuthRequiredError('jwt was used before: ask for a new one', 'BadJwt')
  }
  return { type: 'service', did: token.issuer }
}
