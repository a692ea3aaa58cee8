import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'

export interface SealedKey {
  readonly didKey: string
  readonly sealed: Uint8Array
  readonly kekId: string
}

export async function insertSigningKey(
  tx: Transaction,
  { actorId, didKey, sealed, kekId }: SealedKey & { actorId: ActorId },
): Promise<void> {
  await tx
    .insertInto('signing_key')
    .values({ actor_id: actorId, did_key: didKey, sealed, kek_id: kekId })
    .execute()
}

export async function deleteSigningKey(tx: Transaction, actorId: ActorId): Promise<void> {
  await tx.deleteFrom('signing_key').where('actor_id', '=', actorId).execute()
}

export async function findSigningKey(db: Database, actorId: ActorId): Promise<SealedKey | undefined> {
  return await db
    .selectFrom('signing_key')
    .select(['did_key as didKey', 'sealed', 'kek_id as kekId'])
    .where('actor_id', '=', actorId)
    .executeTakeFirst()
}

/** The first and the last actor's, by the primary key: of each end one row. */
export async function findOutermostSigningKeys(db: Database): Promise<(SealedKey & { actorId: ActorId })[]> {
  const found = await Promise.all([findOutermost(db, 'asc'), findOutermost(db, 'desc')])
  return found.filter((key) => key !== undefined)
}

async function findOutermost(db: Database, direction: 'asc' | 'desc') {
  const row = await db
    .selectFrom('signing_key')
    .select(['actor_id as actorId', 'did_key as didKey', 'sealed', 'kek_id as kekId'])
    .orderBy('actor_id', direction)
    .limit(1)
    .executeTakeFirst()
  return row && { ...row, actorId: row.actorId as ActorId }
}
