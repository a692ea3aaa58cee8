import type { Did } from '@heronry/core/did'
import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'
import type { SealedKey } from './signing-key-store.ts'

/** For whom a key is kept. */
export interface KeyReservation {
  readonly communityId: CommunityId
  readonly did: Did
}

export interface StoredReservation extends SealedKey {
  readonly communityId: CommunityId
  readonly did: Did | undefined
  readonly expiresAt: Date
}

/** One at a time for a community: whoever has counted may insert. */
export async function lockReservations(tx: Transaction, communityId: CommunityId): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtext('heronry.reserved-keys'), ${communityId}::int)`.execute(tx)
}

export async function countReservations(tx: Transaction, communityId: CommunityId): Promise<number> {
  const { count } = await tx
    .selectFrom('reserved_signing_key')
    .select((eb) => eb.fn.countAll<bigint>().as('count'))
    .where('community_id', '=', communityId)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Keeps a DID's key for longer; undefined where it has none. */
export async function prolongReservation(
  tx: Transaction,
  { communityId, did, expiresAt }: KeyReservation & { expiresAt: Date },
): Promise<string | undefined> {
  const row = await tx
    .updateTable('reserved_signing_key')
    .set({ expires_at: expiresAt })
    .where('community_id', '=', communityId)
    .where('did', '=', did)
    .returning('did_key')
    .executeTakeFirst()
  return row?.did_key
}

export async function insertReservation(tx: Transaction, reservation: StoredReservation): Promise<void> {
  const { communityId, did = null, didKey, sealed, kekId, expiresAt } = reservation
  await tx
    .insertInto('reserved_signing_key')
    .values({
      did_key: didKey,
      community_id: communityId,
      did,
      sealed,
      kek_id: kekId,
      expires_at: expiresAt,
    })
    .execute()
}

/** Of any number that take it, one gets it. */
export async function takeReservation(
  tx: Transaction,
  { communityId, did }: KeyReservation,
): Promise<SealedKey | undefined> {
  return await tx
    .deleteFrom('reserved_signing_key')
    .where('community_id', '=', communityId)
    .where('did', '=', did)
    .returning(['did_key as didKey', 'sealed', 'kek_id as kekId'])
    .executeTakeFirst()
}

export async function deleteExpiredReservations(db: Database, now: Date): Promise<void> {
  await db.deleteFrom('reserved_signing_key').where('expires_at', '<=', now).execute()
}
