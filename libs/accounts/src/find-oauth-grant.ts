import type { CommunityId } from '@heronry/core/ids'
import { batchedLookup } from '@heronry/db/batched-lookup'
import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'
import { type Actor, type ActorRow, actorColumns, actorOf } from './actor.ts'

/** What an access token of an app stands for now, for whoever verifies one. */
export interface OAuthGrant {
  readonly actor: Actor
  readonly clientId: string
  readonly scope: string
  /** The thumbprint of the key that its holder proves to have. */
  readonly jkt: string | null
  readonly expiresAt: Date
}

interface TokenKey {
  readonly communityId: CommunityId
  readonly tokenId: string
}

/** Undefined once its session has ended, or has another access token. With its actor, in one query: neither is older than the question. */
export function findOAuthGrant(db: Database, key: TokenKey): Promise<OAuthGrant | undefined> {
  return lookUp(db, key)
}

interface GrantRow extends ActorRow {
  n: number
  client_id: string
  scope: string
  jkt: string | null
  expires_at: Date
}

const columns = sql.raw(`client_id, scope, jkt, expires_at, ${actorColumns.join(', ')}`)

const lookUp = batchedLookup<TokenKey, OAuthGrant>(async (db, keys) => {
  const communities = keys.map(({ communityId }) => communityId)
  const ids = keys.map(({ tokenId }) => tokenId)
  const { rows } = await sql<GrantRow>`SELECT key.n::int AS n, ${columns}
    FROM unnest(${communities}::int[], ${ids}::text[]) WITH ORDINALITY AS key (community_id, token_id, n)
    JOIN oauth_token ON oauth_token.token_id = key.token_id COLLATE "C" AND oauth_token.community_id = key.community_id
    JOIN actor ON actor.id = oauth_token.actor_id`.execute(db)
  const found = Array<OAuthGrant | undefined>(keys.length)
  for (const row of rows) {
    const { client_id: clientId, scope, jkt, expires_at: expiresAt } = row
    found[row.n - 1] = { actor: actorOf(row), clientId, scope, jkt, expiresAt }
  }
  return found
})
