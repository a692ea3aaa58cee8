import type { Did } from '@heronry/core/did'
import type { ActorId, CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'
import { type Actor, actorColumns, actorOf } from './actor.ts'
import { appFact, auditMember } from './audit-member.ts'
import { isBarred } from './barred.ts'
import type { OAuthSession } from './oauth-session.ts'

export interface NewOAuthSession extends Omit<OAuthSession, 'id' | 'actor'> {
  readonly communityId: CommunityId
  readonly did: string
  readonly refreshHash: Uint8Array | null
  readonly codeHash: Uint8Array | null
  /** The thumbprint of the key that its holder proves to have. */
  readonly jkt: string | null
  readonly forgetAt: Date
}

/**
 * Opens a session under a share lock of its actor, as those of passwords are: what ends an actor's sessions ends this one, or comes before
 * it. The actor where it is barred or undefined where there is none: then nothing is opened.
 */
export function openOAuthSession(
  db: Database,
  session: NewOAuthSession,
): Promise<{ opened: boolean; actor?: Actor }> {
  return inTransaction(db, { name: 'open OAuth session' }, async (tx) => {
    const actor = await shareActor(tx, session)
    if (actor === undefined) return { opened: false }
    if (isBarred(actor.status)) return { opened: false, actor }
    await insert(tx, { ...session, actorId: actor.id })
    return { opened: true, actor }
  })
}

async function shareActor(
  tx: Transaction,
  { communityId, did }: { communityId: CommunityId; did: string },
): Promise<Actor | undefined> {
  const row = await tx
    .selectFrom('actor')
    .select(actorColumns)
    .where('community_id', '=', communityId)
    .where('did', '=', did)
    .forShare()
    .executeTakeFirst()
  return row && actorOf(row)
}

async function insert(tx: Transaction, session: NewOAuthSession & { actorId: ActorId }): Promise<void> {
  await tx
    .insertInto('oauth_token')
    .values({
      community_id: session.communityId,
      actor_id: session.actorId,
      token_id: session.tokenId,
      refresh_hash: session.refreshHash,
      code_hash: session.codeHash,
      client_id: session.clientId,
      client_auth: JSON.stringify(session.clientAuth),
      device_id: session.deviceId,
      parameters: JSON.stringify(session.parameters),
      jkt: session.jkt,
      scope: session.scope,
      created_at: session.createdAt,
      updated_at: session.updatedAt,
      expires_at: session.expiresAt,
      forget_at: session.forgetAt,
    })
    .execute()
}

export interface Rotation extends Pick<OAuthSession, 'clientAuth' | 'scope' | 'updatedAt' | 'expiresAt'> {
  readonly communityId: CommunityId
  /** Of the access token until now. */
  readonly tokenId: string
  readonly newTokenId: string
  readonly newRefreshHash: Uint8Array
  readonly forgetAt: (session: { readonly createdAt: Date }) => Date
}

/**
 * Gives a session its next tokens, and keeps the refresh token that it had as used. False where that was done before, or the session has
 * ended: of two that rotate it at once, the second waits for the first and finds the access token's id gone.
 */
export function rotateOAuthSession(db: Database, rotation: Rotation): Promise<boolean> {
  return inTransaction(db, { name: 'rotate OAuth session' }, async (tx) => {
    const { communityId, updatedAt } = rotation
    const session = await tx
      .selectFrom('oauth_token')
      .select(['id', 'refresh_hash', 'created_at as createdAt'])
      .where('community_id', '=', communityId)
      .where('token_id', '=', rotation.tokenId)
      .forUpdate()
      .executeTakeFirst()
    if (session === undefined) return false
    const { id, refresh_hash } = session
    if (refresh_hash !== null) {
      const used_at = sql<Date>`clock_timestamp()`
      const used = { refresh_hash, community_id: communityId, oauth_token: id, used_at }
      await tx.insertInto('oauth_used_refresh_token').values(used).execute()
    }
    await tx
      .updateTable('oauth_token')
      .set({
        token_id: rotation.newTokenId,
        refresh_hash: rotation.newRefreshHash,
        client_auth: JSON.stringify(rotation.clientAuth),
        scope: rotation.scope,
        updated_at: updatedAt,
        expires_at: rotation.expiresAt,
        forget_at: rotation.forgetAt(session),
      })
      .where('community_id', '=', communityId)
      .where('id', '=', id)
      .execute()
    return true
  })
}

/** Why a session ends: its `member` or the `app` has asked for it, a token of it came that was used before, or a refresh was refused otherwise. */
export interface SessionEnd {
  readonly by: 'member' | 'app' | 'replay' | 'refusal'
  readonly network: string
}

/**
 * Its access token and refresh tokens, used ones included, are worth nothing from now on, everywhere. Audited in the same transaction; of
 * several who end it at once, by one.
 */
export async function endOAuthSession(
  db: Database,
  { communityId, tokenId, end }: { communityId: CommunityId; tokenId: string; end: SessionEnd },
): Promise<void> {
  await inTransaction(db, { name: 'end OAuth session' }, async (tx) => {
    const ended = await tx
      .deleteFrom('oauth_token')
      .where('community_id', '=', communityId)
      .where('token_id', '=', tokenId)
      .returning(['actor_id', 'client_id'])
      .executeTakeFirst()
    if (ended === undefined) return
    const { did } = await tx
      .selectFrom('actor')
      .select('did')
      .where('id', '=', ended.actor_id)
      .executeTakeFirstOrThrow()
    const { by, network } = end
    const isMember = by === 'member' || by === 'app'
    const facts = { client: appFact(ended.client_id), by }
    const actor = { communityId, did: did as Did }
    await auditMember(tx, { event: 'appSessionEnded', actor, at: new Date(), network, isMember, facts })
  })
}

/** All of an actor. Whoever calls it holds the actor's row (lock-actor.ts): none is opened meanwhile. */
export async function endOAuthSessions(tx: Transaction, actorId: ActorId): Promise<void> {
  await tx.deleteFrom('oauth_token').where('actor_id', '=', actorId).execute()
}
