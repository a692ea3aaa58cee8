import type { Database } from '@heronry/db/database'
import type { Metrics } from '@heronry/telemetry/metrics'

/** What somebody has to look at. Each is one probe of an index that holds nothing else. */
export function observeCare(metrics: Metrics, db: Database): void {
  metrics.gauge('pds_blobs_missing', () => countWhere(db, 'missing_since'))
  metrics.gauge('pds_blobs_held', () => countWhere(db, 'held_since'))
}

async function countWhere(db: Database, column: 'missing_since' | 'held_since'): Promise<number> {
  const { count } = await db
    .selectFrom('blob')
    .select((eb) => eb.fn.countAll<bigint>().as('count'))
    .where(column, 'is not', null)
    .executeTakeFirstOrThrow()
  return Number(count)
}
