import { AuthRequiredError, verifyJwt } from '@atproto/xrpc-server'
import { type Did, isDid } from '@heronry/core/did'
import { isHeronryError } from '@heronry/core/error'
import type { DidResolver } from '@heronry/identity/did-resolver'
import { documentKey } from '@heronry/identity/document-keys'
import { decodeJwt } from 'jose'
import { serviceTokenLengthMax, shownServiceTokenTtlMaxMs } from './limits.ts'

export interface ServiceTokenExpectation {
  /** The service DID of the community that was asked; `#atproto_pds` behind it says the same. */
  readonly audience: Did
  /** The method that is called: the token must name it. */
  readonly lxm: string
  /** Also a labeler of the issuer's DID, which signs with a key of its own. */
  readonly acceptLabeler?: boolean
}

/** Who signed a service token, and what marks it: the issuer's `jti`, or all that was signed where there is none. */
export interface ServiceToken {
  readonly issuer: Did
  readonly mark: string
  readonly expiresAt: Date
}

/**
 * Verifies a service token (https://atproto.com/specs/xrpc#inter-service-authentication-jwt): signed by the `#atproto` key of its issuer's
 * DID document as it is cached, or, where that does not fit, as it is now. Throws the 401s of the reference: `BadJwt`, `BadJwtType`,
 * `JwtExpired`, `BadJwtAudience`, `BadJwtLexiconMethod`, `BadJwtIss`, `BadJwtSignature`; `Upstream…` where the PLC directory does not
 * answer.
 */
export async function verifyServiceToken(
  resolver: DidResolver,
  token: string,
  { audience, lxm, acceptLabeler = false }: ServiceTokenExpectation,
): Promise<ServiceToken> {
  const { aud, jti, exp = 0 } = readClaims(token)
  const accepted = aud === `${audience}#atproto_pds` ? aud : audience
  const { iss } = await verifyJwt(token, accepted, lxm, (issuer, isFresh) =>
    issuerKey(resolver, parseIssuer(issuer, acceptLabeler), isFresh),
  ).catch(asBadJwt)
  const mark = typeof jti === 'string' ? `jti ${jti}` : token.slice(0, token.lastIndexOf('.'))
  return { issuer: parseIssuer(iss, acceptLabeler).did, mark, expiresAt: new Date(exp * 1000) }
}

/** What is said before anything is verified: it chooses only how to refuse. */
function readClaims(token: string) {
  if (token.length > serviceTokenLengthMax) throw badJwt()
  const claims = decoded(token)
  const { exp } = claims
  if (typeof exp !== 'number' || !Number.isFinite(exp)) throw badJwt()
  // Until it runs out, it is kept in mind that it was used.
  if (exp * 1000 > Date.now() + shownServiceTokenTtlMaxMs) {
    throw new AuthRequiredError('jwt expires too late: 24 hours from now at most', 'BadJwt')
  }
  return claims
}

function decoded(token: string) {
  try {
    return decodeJwt(token)
  } catch {
    throw badJwt()
  }
}

/** What the issuer of a token says it is, before anything is verified. Throws `BadJwt`. */
export function claimedIssuer(token: string): string | undefined {
  return decoded(token).iss
}

interface Issuer {
  readonly did: Did
  /** Of its key in the document. */
  readonly key: string
}

/** A user speaks for the whole DID: an issuer with a fragment is one of its services. */
function parseIssuer(issuer: string, acceptLabeler: boolean): Issuer {
  if (isDid(issuer)) return { did: issuer, key: 'atproto' }
  const did = issuer.endsWith(labeler) ? issuer.slice(0, -labeler.length) : ''
  if (acceptLabeler && isDid(did)) return { did, key: 'atproto_label' }
  throw new AuthRequiredError('jwt iss is not a valid did', 'BadJwtIss')
}

export const labeler = '#atproto_labeler'

async function issuerKey(resolver: DidResolver, issuer: Issuer, isFresh: boolean): Promise<string> {
  const { did, key: fragment } = issuer
  const document = await resolver.resolve(did, { force: isFresh }).catch((error: unknown) => {
    // The server of a did:web is the issuer's own: what it does wrong is for the issuer to know.
    if (isHeronryError(error) && !did.startsWith('did:plc:')) {
      throw new AuthRequiredError(`jwt iss could not be resolved: ${error.message}`, 'BadJwtIss')
    }
    throw error
  })
  if (document === null) throw new AuthRequiredError('jwt iss could not be resolved', 'BadJwtIss')
  const key = documentKey(document, fragment)
  if (key !== undefined) return key
  // A cached document may be older than the key.
  if (!isFresh) return issuerKey(resolver, issuer, true)
  throw new AuthRequiredError('missing or bad key in did doc', 'BadJwtSignature')
}

/** The library lets through what JSON.parse says of a header that is none. */
function asBadJwt(error: unknown): never {
  throw error instanceof SyntaxError ? badJwt() : error
}

function badJwt(): AuthRequiredError {
  return new AuthRequiredError('poorly formatted jwt', 'BadJwt')
}
