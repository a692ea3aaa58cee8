import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'

export interface AppPassword {
  readonly id: bigint
  readonly name: string
  /** Whether its sessions reach private messages and leaving for another server. */
  readonly privileged: boolean
  /** OAuth scopes that its sessions are narrowed to; null: all that such a session may do. */
  readonly permissions: readonly string[] | null
  readonly createdAt: Date
}

export type NewAppPassword = Pick<AppPassword, 'name' | 'privileged' | 'permissions'>

const columns = ['id', 'name', 'privileged', 'permissions', 'created_at as createdAt'] as const

/** The newest first. */
export function listAppPasswords(db: Database | Transaction, actorId: ActorId): Promise<AppPassword[]> {
  return db
    .selectFrom('app_password')
    .select(columns)
    .where('actor_id', '=', actorId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute()
}

/** Undefined where the actor has one of that name. */
export function insertAppPassword(
  tx: Transaction,
  { actorId, hash, name, privileged, permissions }: NewAppPassword & { actorId: ActorId; hash: string },
): Promise<AppPassword | undefined> {
  return tx
    .insertInto('app_password')
    .values({ actor_id: actorId, hash, name, privileged, permissions: permissions && [...permissions] })
    .onConflict((conflict) => conflict.columns(['actor_id', 'name']).doNothing())
    .returning(columns)
    .executeTakeFirst()
}

/** With its hash: not to be passed on. */
export function findAppPasswordHashes(db: Database, actorId: ActorId) {
  return db
    .selectFrom('app_password')
    .select([...columns, 'hash'])
    .where('actor_id', '=', actorId)
    .execute()
}

/** Does nothing where it has another hash by now, or is gone. */
export async function replaceAppPasswordHash(
  db: Database,
  { id, was, hash }: { id: bigint; was: string; hash: string },
): Promise<void> {
  await db.updateTable('app_password').set({ hash }).where('id', '=', id).where('hash', '=', was).execute()
}

/** What a session was opened with, by the name that the session keeps; undefined once it is revoked. */
export function findAppPassword(
  tx: Transaction,
  { actorId, name }: { actorId: ActorId; name: string },
): Promise<AppPassword | undefined> {
  return tx
    .selectFrom('app_password')
    .select(columns)
    .where('actor_id', '=', actorId)
    .where('name', '=', name)
    .executeTakeFirst()
}

/** All of an account's, and with them the sessions that they opened (revoke-sessions.ts). */
export async function deleteAppPasswords(tx: Transaction, actorId: ActorId): Promise<void> {
  await tx.deleteFrom('app_password').where('actor_id', '=', actorId).execute()
}
