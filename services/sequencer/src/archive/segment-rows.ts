import type { CommunityId, Seq } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'
import type { NumberedEvent } from '../edge/read-events.ts'

/** Every event with after < seq <= upto, and the object they stand in; none, where the range holds no event. */
export interface NewSegment {
  readonly epoch: bigint
  readonly after: Seq
  readonly upto: Seq
  readonly events: readonly NumberedEvent[]
  readonly object:
    | { readonly key: string; readonly sha256: Uint8Array; readonly byteCount: number }
    | undefined
}

export async function archivedUpto(db: Database): Promise<Seq> {
  const { last_seq } = await db.selectFrom('archive_state').select('last_seq').executeTakeFirstOrThrow()
  return Number(last_seq) as Seq
}

/**
 * Makes the segment part of the archive, once its object is durable. False: the archive stands elsewhere by now, or the term has ended;
 * then nothing was changed.
 *
 * Invariant: segments lie end to end. The row of `archive_state` is moved from `after` to `upto` or not at all, so that of two archivers
 * one fails, whatever either believes of its term. kill -9 before it: the object is a stray.
 */
export async function addSegment(db: Database, segment: NewSegment): Promise<boolean> {
  const { epoch, after, upto, object } = segment
  return await inTransaction(db, { name: 'add-segment' }, async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable('archive_state')
      .set({ last_seq: BigInt(upto) })
      .where('last_seq', '=', BigInt(after))
      .where(({ exists, selectFrom }) => exists(selectFrom('seq_state').where('epoch', '=', epoch)))
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) return false
    if (object === undefined) return true
    const hours = segment.events.map(({ hour }) => hour)
    await tx
      .insertInto('event_segment')
      .values({
        last_seq: BigInt(upto),
        after_seq: BigInt(after),
        object_key: object.key,
        sha256: object.sha256,
        byte_count: BigInt(object.byteCount),
        event_count: segment.events.length,
        first_hour: hours.reduce((least, hour) => Math.min(least, hour)),
        last_hour: hours.reduce((most, hour) => Math.max(most, hour)),
      })
      .execute()
    const lastSeqs = lastSeqByCommunity(segment.events)
    await sql`
      INSERT INTO event_segment_community (community_id, segment_last_seq, last_seq)
      SELECT id, ${upto}, seq FROM unnest(${[...lastSeqs.keys()]}::int[], ${[...lastSeqs.values()]}::bigint[]) AS c (id, seq)`.execute(
      tx,
    )
    return true
  })
}

function lastSeqByCommunity(events: readonly NumberedEvent[]): Map<CommunityId, Seq> {
  return new Map(events.map(({ communityId, seq }) => [communityId, seq]))
}
