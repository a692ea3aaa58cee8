import { AuthRequiredError } from '@atproto/xrpc-server'
import type { ServiceDeps } from './authenticate-service.ts'
import { spendServiceToken } from './authenticate-service.ts'
import type { CredentialRequest, ModeratorCredentials } from './authenticator.ts'
import { requireBearer } from './authorization-header.ts'
import { claimedIssuer, labeler } from './service-token.ts'

/**
 * The community's moderation service, or the labeler of its DID, by a token for this method, once. Nobody else's token is looked at: a stranger
 * could have any DID resolved. Throws the 401s of service tokens, and `UntrustedIss`.
 */
export async function authenticateModerator(
  deps: ServiceDeps,
  request: CredentialRequest,
): Promise<ModeratorCredentials> {
  const { modServiceDid: did } = request.community.settings
  const issuer = claimedIssuer(requireBearer(request.authorization))
  if (did === undefined || (issuer !== did && issuer !== `${did}${labeler}`)) {
    throw new AuthRequiredError('Untrusted issuer', 'UntrustedIss')
  }
  await spendServiceToken(deps, request, { lxm: request.nsid, acceptLabeler: true })
  return { type: 'moderator', did }
}
