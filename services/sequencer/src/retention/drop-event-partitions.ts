import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import type { Logger } from '@heronry/telemetry/logger'
import { sql } from 'kysely'
import pg from 'pg'
import { dropLockMsMax, dropMsMax } from '../limits.ts'

export interface EventRetention {
  readonly db: Database
  readonly logger: Logger
  /** How long events stay in Postgres. */
  readonly keptMs: number
  /** Whether they go on in the archive: then nothing is dropped that is not there. */
  readonly archived: boolean
}

/**
 * Drops the partitions of `event` that have become too old, and returns how many of those are still there: one with an event that has no
 * number or is not archived, or one that was in use.
 *
 * Each is one transaction: looked through, locked, dropped, and, where nothing else holds its events, `last_dropped_seq` written. kill -9
 * anywhere: the partition is there, or it is gone and every community knows.
 */
export async function dropEventPartitions(retention: EventRetention): Promise<number> {
  const hours = await hoursTooOld(retention)
  let dropped = 0
  for (const hour of hours) {
    const verdict = await dropHour(retention, hour)
    if (verdict === 'dropped') dropped += 1
    // What is younger is needed as well; and writers are made to wait once a turn at most.
    if (verdict === 'needed' || verdict === 'busy') break
  }
  return hours.length - dropped
}

async function hoursTooOld({ db, keptMs }: EventRetention): Promise<number[]> {
  const { rows } = await sql<{ hour: number }>`
    SELECT hour FROM (
      SELECT substring(c.relname FROM '^event_h([0-9]+)$')::int AS hour FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = 'event'::regclass) AS partition
    WHERE (hour + 1) * interval '1 hour' + ${keptMs} * interval '1 ms' <= now() - to_timestamp(0)
    ORDER BY hour`.execute(db)
  return rows.map(({ hour }) => hour)
}

type Verdict = 'dropped' | 'unstamped' | 'needed' | 'busy'

async function dropHour({ db, logger, archived }: EventRetention, hour: number): Promise<Verdict> {
  const verdict = await inTransaction(db, { name: 'drop-event-partition' }, (tx) =>
    drop(tx, { hour, archived }),
  ).catch((error: unknown): Verdict => {
    if (error instanceof pg.DatabaseError && error.code === lockNotAvailable) return 'busy'
    throw error
  })
  if (verdict === 'dropped') logger.info({ hour }, 'event partition dropped')
  else if (verdict === 'unstamped')
    logger.error({ hour }, 'event partition not dropped: an event has no number')
  else logger.warn({ hour, verdict }, 'event partition not dropped')
  return verdict
}

const lockNotAvailable = '55P03'

async function drop(
  tx: Transaction,
  { hour, archived }: { hour: number; archived: boolean },
): Promise<Verdict> {
  await sql`SELECT set_config('lock_timeout', ${String(dropLockMsMax)}, true),
                   set_config('statement_timeout', ${String(dropMsMax)}, true)`.execute(tx)
  const { last_seq } = await tx.selectFrom('archive_state').select('last_seq').executeTakeFirstOrThrow()
  const { rows: lost } = await sql<{ community_id: number; seq: bigint }>`
    SELECT community_id, max(seq) AS seq FROM event_seq WHERE hour = ${hour} AND seq > ${last_seq}
    GROUP BY community_id`.execute(tx)
  if (archived && lost.length > 0) return 'needed'
  const upto = archived ? last_seq : Number.MAX_SAFE_INTEGER
  const { rows } = await sql<{ verdict: Verdict }>`
    SELECT drop_event_partition(${hour}::int, ${upto}::bigint) AS verdict`.execute(tx)
  const verdict = rows[0]?.verdict ?? 'busy'
  // No stamping is under way, for the table is locked: nobody else holds rows of communities and waits for this transaction.
  if (verdict === 'dropped' && lost.length > 0) {
    await sql`
      UPDATE community_seq c SET last_dropped_seq = greatest(c.last_dropped_seq, lost.seq)
      FROM unnest(${lost.map((row) => row.community_id)}::int[], ${lost.map((row) => row.seq)}::bigint[]) AS lost (id, seq)
      WHERE c.community_id = lost.id`.execute(tx)
  }
  return verdict
}
