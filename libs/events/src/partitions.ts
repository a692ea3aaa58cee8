import type { Clock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'
import { attachPartitions } from './attach-partitions.ts'
import { partitionHoursAhead } from './limits.ts'

/**
 * Makes the partitions of `event` from the hour before now to 48 h ahead; idempotent, called by any number of processes, at
 * start and hourly. An event whose hour has no partition cannot be inserted at all, and there is no default partition.
 *
 * The hour is the database's, as in `event.hour`, unless a clock is given.
 */
export async function ensureEventPartitions(db: Database, { clock }: { clock?: Clock } = {}): Promise<void> {
  const now = clock === undefined ? await databaseHour(db) : Math.floor(clock.now() / 3_600_000)
  const hours = Array.from({ length: partitionHoursAhead + 2 }, (_, index) => now - 1 + index)
  const ranges = hours.map((hour) => ({ name: `event_h${hour}`, from: BigInt(hour), to: BigInt(hour + 1) }))
  await attachPartitions(db, { parent: 'event', ranges })
}

async function databaseHour(db: Database): Promise<number> {
  const { rows } = await sql<{ hour: number }>`
    SELECT floor(extract(epoch FROM now()) / 3600)::int AS hour`.execute(db)
  const [row] = rows
  if (row === undefined) throw new Error('The database has no clock')
  return row.hour
}
