import type { Seq } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'
import type { Term } from '../leader/term.ts'
import { leaseTtlMs, resumeMsMax } from '../limits.ts'
import type { Place } from './doubts.ts'

export interface StampedAnew {
  readonly lastSeq: Seq
  /** Events that had no number. */
  readonly stragglers: bigint
}

/**
 * Numbers every event that has no number, from `from` + 1 on, without a snapshot: by comparing all that is there with all that
 * was numbered. Afterwards the snapshot is none and `floor_id` lies at the last id drawn, so that the next tick finds exactly
 * what is written from now on. Null where the term has ended.
 *
 * Nobody inserts an event meanwhile: the lock waits for writers in flight, so that none commits an id below the floor later,
 * and whoever draws an id has the lock that conflicts with it first.
 *
 * Plan: two passes over `event`, which fetch no bodies, and one over `event_seq`, hashed. Measured on two busy cores: 2.3 s for 500,000
 * events; writers wait for as long.
 */
export async function stampAnew(
  tx: Transaction,
  { term, place, from }: { term: Term; place: Place; from: Seq },
): Promise<StampedAnew | null> {
  await sql`SELECT set_config('statement_timeout', ${String(resumeMsMax)}, true)`.execute(tx)
  const held = await sql`
    SELECT FROM seq_state WHERE epoch = ${term.epoch} AND tick = ${term.tick} FOR UPDATE`.execute(tx)
  if (held.rows.length === 0) return null
  await sql`SELECT hold_event_writers()`.execute(tx)
  const { rows } = await sql<{ stragglers: bigint }>`
WITH unnumbered AS MATERIALIZED (
  SELECT row_number() OVER (ORDER BY e.id) AS n, e.hour, e.id, e.community_id, e.actor_id FROM event e
  WHERE NOT EXISTS (SELECT FROM event_seq s WHERE s.hour = e.hour AND s.event_id = e.id)),
numbered AS (
  INSERT INTO event_seq (seq, community_id, actor_id, hour, event_id)
  SELECT ${from} + n, community_id, actor_id, hour, id FROM unnumbered RETURNING seq, community_id),
latest AS (
  INSERT INTO community_seq AS c (community_id, last_seq)
  SELECT community_id, max(seq) FROM numbered GROUP BY community_id
  ON CONFLICT (community_id) DO UPDATE SET last_seq = excluded.last_seq)
SELECT count(*) AS stragglers FROM unnumbered`.execute(tx)
  const stragglers = rows[0]?.stragglers ?? 0n
  const lastSeq = (from + Number(stragglers)) as Seq
  await sql`
    SELECT setval('event_id', greatest((SELECT max(id) FROM event), (SELECT last_value FROM event_id)))`.execute(
    tx,
  )
  await sql`
UPDATE seq_state SET tick = tick + 1, last_seq = ${lastSeq}, snapshot = NULL,
  floor_id = (SELECT last_value FROM event_id), verified_epoch = epoch,
  system_id = ${place.systemId}, timeline = ${place.timeline}, table_oid = ${place.tableOid},
  lease_until = clock_timestamp() + ${leaseTtlMs} * interval '1 ms'`.execute(tx)
  return { lastSeq, stragglers }
}
