import { type Clock, systemClock } from '@heronry/core/clock'
import type { Did } from '@heronry/core/did'
import { type CryptoKey, importJWK, type JSONWebKeySet, type JWK, SignJWT } from 'jose'
import { accessTokenTtlMs, refreshTokenTtlMs } from './limits.ts'

export interface TokenKeys {
  readonly kid: string
  readonly privateKey: CryptoKey
  /** What verifies: all keys, without their private part. */
  readonly publicJwks: JSONWebKeySet
}

/** What an access token may do (reference: the `com.atproto.*` scopes of a session). */
export type AccessScope =
  | 'com.atproto.access'
  | 'com.atproto.appPassPrivileged'
  | 'com.atproto.appPass'
  | 'com.atproto.takendown'

/** Names the app password in its access tokens, which are worth nothing without it. */
export const appPasswordClaim = 'app_password'

export interface SessionGrant {
  readonly audience: Did
  readonly did: Did
  readonly scope: AccessScope
  /** `jti` of the refresh token. */
  readonly sessionId: string
  /** The app password that the session was opened with. */
  readonly appPasswordId?: bigint | undefined
  /** Unless given, now: of an account that is made this moment nothing can have been revoked. */
  readonly issuedAt?: IssuedAt
}

/** When a session was opened or rotated, as its transaction knew it under the actor's lock. */
export interface IssuedAt {
  readonly now: number
  /** What was issued before counts for nothing. */
  readonly sessionsSince: Date | null
}

export interface TokenPair {
  readonly accessJwt: string
  readonly refreshJwt: string
}

export type TokenIssuer = ReturnType<typeof createTokenIssuer>

/** Reads private ES256 keys (JWKS, each with a `kid`): the first signs, all of them verify. Throws for any other key. */
export async function importTokenKeys(jwks: { keys: JWK[] }): Promise<TokenKeys> {
  const [first] = jwks.keys
  if (first === undefined) throw new RangeError('A token key is needed')
  for (const { kid, kty, crv, d } of jwks.keys) {
    if (!kid || kty !== 'EC' || crv !== 'P-256' || !d) {
      throw new RangeError('A token key is a private JWK of P-256 with a kid')
    }
  }
  const privateKey = (await importJWK(first, 'ES256')) as CryptoKey
  return { kid: first.kid as string, privateKey, publicJwks: { keys: jwks.keys.map(publicPart) } }
}

function publicPart({ kid, kty, crv, x, y }: JWK): JWK {
  return {
    ...(kid && { kid }),
    kty,
    ...(crv && { crv }),
    ...(x && { x }),
    ...(y && { y }),
    alg: 'ES256',
    use: 'sig',
  } as JWK
}

/**
 * Signs session tokens with exactly the reference's claims: an access token has no `jti`, neither has an `iss`. They differ from
 * the reference's in being asymmetric, so that whoever verifies them cannot make them, and in that an app password's access token names it.
 */
export function createTokenIssuer({ keys, clock = systemClock }: { keys: TokenKeys; clock?: Clock }) {
  const sign = ({ typ, ttlMs, claims }: { typ: string; ttlMs: number; claims: Claims }) => {
    const { aud, sub, iat, ...rest } = claims
    return new SignJWT(rest)
      .setProtectedHeader({ typ, alg: 'ES256', kid: keys.kid })
      .setAudience(aud)
      .setSubject(sub)
      .setIssuedAt(iat)
      .setExpirationTime(iat + ttlMs / 1000)
      .sign(keys.privateKey)
  }

  return {
    async issue(grant: SessionGrant): Promise<TokenPair> {
      const { audience: aud, did: sub, scope, sessionId: jti } = grant
      const { issuedAt = { now: clock.now(), sessionsSince: null } } = grant
      const app = grant.appPasswordId !== undefined && { [appPasswordClaim]: String(grant.appPasswordId) }
      const whose = { aud, sub, iat: issuedSecond(issuedAt) }
      const [accessJwt, refreshJwt] = await Promise.all([
        sign({ typ: 'at+jwt', ttlMs: accessTokenTtlMs, claims: { ...whose, scope, ...app } }),
        sign({
          typ: 'refresh+jwt',
          ttlMs: refreshTokenTtlMs,
          claims: { ...whose, scope: 'com.atproto.refresh', jti },
        }),
      ])
      return { accessJwt, refreshJwt }
    },
  }
}

/** Whole seconds, as tokens count them: never before `sessionsSince`, though that may be a moment ahead of the clock. */
function issuedSecond({ now, sessionsSince }: IssuedAt): number {
  return Math.max(Math.floor(now / 1000), Math.ceil((sessionsSince?.getTime() ?? 0) / 1000))
}

interface Claims {
  scope: string
  aud: Did
  sub: Did
  iat: number
  jti?: string
  [appPasswordClaim]?: string
}
