import { applyDefinitions } from '@heronry/communities/apply-definitions'
import type { EntrywayConfig } from '@heronry/config/house-config'
import type { Database } from '@heronry/db/database'
import { migrateToLatest } from '@heronry/db/migrate'
import { ensureEventPartitions } from '@heronry/events/partitions'
import type { Logger } from '@heronry/telemetry/logger'

/** `--task migrate`: after it no service that starts meets a house without its communities. */
export async function prepareHouse({
  config,
  ...house
}: {
  config: EntrywayConfig
  db: Database
  logger: Logger
}): Promise<void> {
  await migrate(house)
  await applyDefinitions(house.db, config.communities)
}

/** Brings the schema up to date, and makes the partitions that the first write needs. Any number may run at once. */
export async function migrate({ db, logger }: { db: Database; logger: Logger }): Promise<void> {
  const applied = await migrateToLatest(db)
  if (applied.length > 0) logger.info({ applied }, 'migrated')
  await ensureEventPartitions(db)
}
