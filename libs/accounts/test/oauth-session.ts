import { randomBytes } from 'node:crypto'
import type { Community } from '@heronry/communities/community'
import type { NewOAuthSession } from '../src/change-oauth-session.ts'

/** A session that an app was let in for just now. */
export function oauthSession(of: { communityId: Community['id']; did: string }): NewOAuthSession {
  const now = new Date()
  const later = new Date(now.getTime() + 3_600_000)
  return {
    ...of,
    tokenId: `tok-${randomBytes(16).toString('hex')}`,
    refreshHash: randomBytes(32),
    codeHash: randomBytes(32),
    clientId: 'https://app.example/client-metadata.json',
    clientAuth: { method: 'none' },
    deviceId: null,
    parameters: { scope: 'atproto' },
    jkt: 'thumbprint',
    scope: 'atproto',
    createdAt: now,
    updatedAt: now,
    expiresAt: later,
    forgetAt: later,
  }
}
