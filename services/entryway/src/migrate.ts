import type { Database } from '@heronry/db/database'
import { migrateToLatest } from '@heronry/db/migrate'
import { ensureEventPartitions } from '@heronry/events/partitions'
import type { Logger } from '@heronry/telemetry/logger'

/** Brings the schema up to date, and makes the partitions that the first write needs. Any number may run at once. */
export async function migrate({ db, logger }: { db: Database; logger: Logger }): Promise<void> {
  const applied = await migrateToLatest(db)
  if (applied.length > 0) logger.info({ applied }, 'migrated')
  await ensureEventPartitions(db)
}
