import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'
import type { Database } from '@heronry/db/database'

/** Where an app is let in. */
export interface AppCommunity {
  readonly id: number
  readonly publicUrl: string
  readonly serviceDid: string
}

export interface AppSession {
  readonly tokenId: string
  readonly accessToken: string
}

export interface Proof {
  readonly method: string
  /** With its origin, as the world knows it. */
  readonly url: string
  readonly nonce?: string | undefined
  /** Claims that are other than they ought to be. */
  readonly claims?: Readonly<Record<string, unknown>>
}

export type TestApp = ReturnType<typeof testApp>

/**
 * An app with a key of its own, let in without a provider: by the row and the token that one would have made. `tokenKey` is the private JWK
 * that the house's tokens are signed with.
 */
export function testApp({ db, tokenKey }: { db: Database; tokenKey: object }) {
  const houseKey = createPrivateKey({ key: tokenKey as never, format: 'jwk' })
  const { kid } = tokenKey as { kid?: string }
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { kty, crv, x, y } = pair.publicKey.export({ format: 'jwk' })
  const jwk = { crv, kty, x, y }
  const jkt = createHash('sha256').update(JSON.stringify(jwk)).digest('base64url')
  return {
    jkt,
    /** An account of the community lets the app in for a scope. */
    async letIn(
      of: { community: AppCommunity; actorId: bigint; did: string; scope: string },
      claims: Readonly<Record<string, unknown>> = {},
    ): Promise<AppSession> {
      const session = newSession(of, jkt)
      await db.insertInto('oauth_token').values(session).execute()
      const [iat, exp] = [session.created_at, session.expires_at].map((at) => Math.floor(at.getTime() / 1000))
      const issued = { iss: of.community.publicUrl, aud: of.community.serviceDid, sub: of.did, iat, exp }
      const token = {
        ...issued,
        jti: session.token_id,
        cnf: { jkt },
        client_id: session.client_id,
        ...claims,
      }
      const accessToken = jwt(houseKey, { typ: 'at+jwt', alg: 'ES256', kid }, token)
      return { tokenId: session.token_id, accessToken }
    },

    /** The headers of one request: a proof is good for no other. */
    headers({ accessToken }: AppSession, { method, url, nonce, claims }: Proof) {
      const ath = createHash('sha256').update(accessToken).digest('base64url')
      const [htu] = url.split('?')
      const jti = randomBytes(12).toString('base64url')
      const proof = { jti, htm: method, htu, iat: Math.floor(Date.now() / 1000), ath, nonce, ...claims }
      const dpop = jwt(pair.privateKey, { typ: 'dpop+jwt', alg: 'ES256', jwk }, proof)
      return { authorization: `DPoP ${accessToken}`, dpop }
    },
  }
}

function newSession(
  { community, actorId, scope }: { community: AppCommunity; actorId: bigint; scope: string },
  jkt: string,
) {
  const now = new Date()
  const expiresAt = new Date(now.getTime() + 3_600_000)
  return {
    community_id: community.id,
    actor_id: actorId,
    token_id: `tok-${randomBytes(16).toString('hex')}`,
    refresh_hash: randomBytes(32),
    code_hash: randomBytes(32),
    client_id: 'https://app.example/client-metadata.json',
    client_auth: JSON.stringify({ method: 'none' }),
    device_id: null,
    parameters: JSON.stringify({ scope, dpop_jkt: jkt }),
    jkt,
    scope,
    created_at: now,
    updated_at: now,
    expires_at: expiresAt,
    forget_at: expiresAt,
  }
}

function jwt(key: KeyObject, header: object, claims: object): string {
  const text = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' })
  return `${text}.${signature.toString('base64url')}`
}
