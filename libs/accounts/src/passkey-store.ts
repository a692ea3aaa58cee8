import type { ActorId, CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'

/** A key that signs in to one account, at one community, without a password. */
export interface Passkey {
  /** The credential's, base64url. */
  readonly id: string
  readonly name: string
  readonly createdAt: Date
  /** Null: never since it was added. */
  readonly usedAt: Date | null
}

/** With what an authenticator's answer is verified by. */
export interface StoredPasskey extends Passkey {
  readonly actorId: ActorId
  readonly publicKey: Uint8Array
  readonly counter: number
  readonly transports: readonly string[]
}

export type NewPasskey = Omit<StoredPasskey, 'usedAt'> & { readonly communityId: CommunityId }

const columns = [
  'id',
  'actor_id',
  'public_key',
  'counter',
  'transports',
  'name',
  'created_at',
  'used_at',
] as const

/** The oldest first. */
export async function listPasskeys(db: Database, actorId: ActorId): Promise<StoredPasskey[]> {
  const rows = await db
    .selectFrom('passkey')
    .select(columns)
    .where('actor_id', '=', actorId)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map(passkeyOf)
}

export interface PasskeyKey {
  readonly communityId: CommunityId
  /** base64url; what is none names nothing. */
  readonly id: string
}

export async function findPasskey(
  db: Database,
  { communityId, id }: PasskeyKey,
): Promise<StoredPasskey | undefined> {
  const row = await db
    .selectFrom('passkey')
    .select(columns)
    .where('community_id', '=', communityId)
    .where('id', '=', bytesOf(id))
    .executeTakeFirst()
  return row && passkeyOf(row)
}

/** False where the community has a passkey of that id. */
export async function insertPasskey(tx: Transaction, passkey: NewPasskey): Promise<boolean> {
  const { communityId, actorId, id, publicKey, counter, transports, name, createdAt } = passkey
  const inserted = await tx
    .insertInto('passkey')
    .values({
      community_id: communityId,
      id: bytesOf(id),
      actor_id: actorId,
      public_key: publicKey,
      counter: BigInt(counter),
      transports: [...transports],
      name,
      created_at: createdAt,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('actor_id')
    .executeTakeFirst()
  return inserted !== undefined
}

/**
 * Counts a use. False where the passkey is gone, or its counter stands at this use or beyond it: then there are two of the key, or the answer
 * was one that has been given before. An authenticator that does not count says 0 each time.
 */
export async function countPasskeyUse(
  tx: Transaction,
  { communityId, id, counter, now }: PasskeyKey & { readonly counter: number; readonly now: Date },
): Promise<boolean> {
  const used = await tx
    .updateTable('passkey')
    .set({ counter: BigInt(counter), used_at: now })
    .where('community_id', '=', communityId)
    .where('id', '=', bytesOf(id))
    .where((eb) =>
      eb.or([eb('counter', '<', BigInt(counter)), ...(counter === 0 ? [eb('counter', '=', BigInt(0))] : [])]),
    )
    .returning('actor_id')
    .executeTakeFirst()
  return used !== undefined
}

export type OwnPasskey = PasskeyKey & { readonly actorId: ActorId }

export async function storePasskeyName(
  db: Database,
  { communityId, actorId, id, name }: OwnPasskey & { readonly name: string },
): Promise<boolean> {
  const renamed = await db
    .updateTable('passkey')
    .set({ name })
    .where('community_id', '=', communityId)
    .where('id', '=', bytesOf(id))
    .where('actor_id', '=', actorId)
    .returning('actor_id')
    .executeTakeFirst()
  return renamed !== undefined
}

/** Answers its name; undefined where there is none. */
export async function deletePasskey(
  tx: Transaction,
  { communityId, actorId, id }: OwnPasskey,
): Promise<string | undefined> {
  const deleted = await tx
    .deleteFrom('passkey')
    .where('community_id', '=', communityId)
    .where('id', '=', bytesOf(id))
    .where('actor_id', '=', actorId)
    .returning('name')
    .executeTakeFirst()
  return deleted?.name
}

export async function deletePasskeys(tx: Transaction, actorId: ActorId): Promise<void> {
  await tx.deleteFrom('passkey').where('actor_id', '=', actorId).execute()
}

interface PasskeyRow {
  id: Uint8Array
  actor_id: bigint
  public_key: Uint8Array
  counter: bigint
  transports: string[]
  name: string
  created_at: Date
  used_at: Date | null
}

function passkeyOf(row: PasskeyRow): StoredPasskey {
  return {
    id: Buffer.from(row.id).toString('base64url'),
    actorId: row.actor_id as ActorId,
    publicKey: row.public_key,
    counter: Number(row.counter),
    transports: row.transports,
    name: row.name,
    createdAt: row.created_at,
    usedAt: row.used_at,
  }
}

function bytesOf(id: string): Buffer {
  return Buffer.from(id, 'base64url')
}
