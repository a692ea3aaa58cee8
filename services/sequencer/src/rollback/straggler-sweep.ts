import { sleep } from '@heronry/core/sleep'
import type { Database } from '@heronry/db/database'
import type { Logger } from '@heronry/telemetry/logger'
import { sql } from 'kysely'
import { stragglerAgeMs, sweepEveryMs, sweepsKept } from '../limits.ts'

export interface SweepOptions {
  readonly db: Database
  readonly logger: Logger
  readonly everyMs?: number | undefined
  readonly ageMs?: number | undefined
  readonly signal: AbortSignal
}

/** How far numbering and the ids of events were at a moment. */
interface Mark {
  readonly lastSeq: bigint
  readonly eventId: bigint
}

/**
 * Looks once a minute for events of the last minutes that have waited for a number longer than any tick takes: what the snapshot
 * difference has missed, it will never find. Resolves with true when there are any, with false when the signal aborts.
 */
export async function stragglersAppear(options: SweepOptions): Promise<boolean> {
  const { db, logger, everyMs = sweepEveryMs, ageMs = stragglerAgeMs, signal } = options
  const marks: Mark[] = []
  while (!signal.aborted) {
    try {
      marks.push(await readMark(db))
      const [oldest] = marks.slice(-sweepsKept)
      const stragglers = oldest === undefined ? [] : await findStragglers(db, { since: oldest, ageMs })
      if (stragglers.length > 0) {
        logger.error({ stragglers }, 'Events were left without a number')
        return true
      }
      marks.splice(0, marks.length - sweepsKept)
    } catch (error) {
      if (!signal.aborted) logger.warn({ err: error }, 'Events without a number were not looked for')
    }
    await sleep(everyMs, signal)
  }
  return false
}

/** The seq first: an event whose id is greater gets a greater seq. */
async function readMark(db: Database): Promise<Mark> {
  const { last_seq } = await db.selectFrom('seq_state').select('last_seq').executeTakeFirstOrThrow()
  const { rows } = await sql<{ last_value: bigint }>`SELECT last_value FROM event_id`.execute(db)
  return { lastSeq: last_seq, eventId: rows[0]?.last_value ?? 0n }
}

/**
 * The ids of some. Plan: a range of the primary key in the partitions of this hour and the last, anti-joined with the numbers given
 * since the mark.
 */
async function findStragglers(
  db: Database,
  { since, ageMs }: { since: Mark; ageMs: number },
): Promise<string[]> {
  const { rows } = await sql<{ id: bigint }>`
    SELECT e.id FROM event e
    WHERE e.hour >= floor(extract(epoch FROM now()) / 3600)::int - 1 AND e.id > ${since.eventId}
      AND e.created_at < now() - ${ageMs} * interval '1 ms'
      AND NOT EXISTS (SELECT FROM event_seq s WHERE s.seq > ${since.lastSeq} AND s.hour = e.hour AND s.event_id = e.id)
    ORDER BY e.id LIMIT 100`.execute(db)
  return rows.map(({ id }) => String(id))
}
