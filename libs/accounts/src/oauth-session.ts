import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { type RawBuilder, sql } from 'kysely'
import { type Actor, type ActorRow, actorColumns, actorOf } from './actor.ts'
import { oauthRefreshRaceMs } from './limits.ts'

/** What an app was let in for, as it is kept: of its code and its refresh tokens there are hashes alone. */
export interface OAuthSession {
  readonly id: bigint
  readonly tokenId: string
  readonly clientId: string
  readonly clientAuth: object
  readonly deviceId: string | null
  readonly parameters: object
  readonly scope: string
  readonly createdAt: Date
  readonly updatedAt: Date
  /** Of its access token. */
  readonly expiresAt: Date
  readonly actor: Actor
}

/** The community's session of that access token, or that came of that code. */
export async function findOAuthSession(
  db: Database,
  key: { communityId: CommunityId } & ({ tokenId: string } | { codeHash: Uint8Array }),
): Promise<OAuthSession | undefined> {
  const named =
    'tokenId' in key ? sql`token_id = ${key.tokenId}` : sql`code_hash = ${Buffer.from(key.codeHash)}`
  const [found] = await select(db, sql`oauth_token.community_id = ${key.communityId} AND ${named}`)
  return found
}

/** All of an account, the one that was used last first. */
export function listOAuthSessions(
  db: Database,
  { communityId, did }: { communityId: CommunityId; did: string },
): Promise<OAuthSession[]> {
  return select(
    db,
    sql`oauth_token.community_id = ${communityId} AND actor.did = ${did} ORDER BY updated_at DESC, oauth_token.id`,
  )
}

export interface RefreshableSession extends OAuthSession {
  /** `used`: another took the token's place; `justUsed`: a moment ago, maybe in a request that came at the same time. */
  readonly token: 'current' | 'used' | 'justUsed'
}

/** The community's session that a refresh token stands for, or once did. */
export async function findRefreshableSession(
  db: Database,
  { communityId, refreshHash }: { communityId: CommunityId; refreshHash: Uint8Array },
): Promise<RefreshableSession | undefined> {
  const hash = Buffer.from(refreshHash)
  const race = sql`make_interval(secs => ${oauthRefreshRaceMs / 1000})`
  const { rows } = await sql<SessionRow & { token: RefreshableSession['token'] }>`
    SELECT ${columns}, found.token FROM (
      SELECT id, 'current' AS token FROM oauth_token WHERE community_id = ${communityId} AND refresh_hash = ${hash}
      UNION ALL
      SELECT oauth_token, CASE WHEN used_at > clock_timestamp() - ${race} THEN 'justUsed' ELSE 'used' END
      FROM oauth_used_refresh_token WHERE community_id = ${communityId} AND refresh_hash = ${hash}) AS found
    JOIN oauth_token ON oauth_token.id = found.id JOIN actor ON actor.id = oauth_token.actor_id`.execute(db)
  const [row] = rows
  return row && { ...sessionOf(row), token: row.token }
}

interface SessionRow extends ActorRow {
  session_id: bigint
  token_id: string
  client_id: string
  client_auth: object
  device_id: string | null
  parameters: object
  scope: string
  opened_at: Date
  updated_at: Date
  expires_at: Date
}

const columns = sql.raw(
  `oauth_token.id AS session_id, token_id, client_id, client_auth, device_id, parameters, scope,
   oauth_token.created_at AS opened_at, updated_at, expires_at, ${actorColumns.join(', ')}`,
)

async function select(db: Database, where: RawBuilder<unknown>): Promise<OAuthSession[]> {
  const { rows } = await sql<SessionRow>`
    SELECT ${columns} FROM oauth_token JOIN actor ON actor.id = oauth_token.actor_id WHERE ${where}`.execute(
    db,
  )
  return rows.map(sessionOf)
}

function sessionOf(row: SessionRow): OAuthSession {
  return {
    id: row.session_id,
    tokenId: row.token_id,
    clientId: row.client_id,
    clientAuth: row.client_auth,
    deviceId: row.device_id,
    parameters: row.parameters,
    scope: row.scope,
    createdAt: row.opened_at,
    updatedAt: row.updated_at,
    expiresAt: row.expires_at,
    actor: actorOf(row),
  }
}
