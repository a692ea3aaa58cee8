import { applyDefinitions } from '@heronry/communities/apply-definitions'
import type { MigrateConfig } from '@heronry/config/house-config'
import { allowLogins } from '@heronry/db/allow-logins'
import type { Database } from '@heronry/db/database'
import { migrateToLatest } from '@heronry/db/migrate'
import { ensureEventPartitions } from '@heronry/events/partitions'
import { inTaskDatabase } from '@heronry/xrpc/process/in-task-database'

/**
 * What must be done before the services of a new version start, by the owner of the database: schema and roles, the passwords of
 * roles, the communities. Answers which migrations were applied.
 */
export function prepareHouse({ databaseUrl, communities, rolePasswords }: MigrateConfig) {
  return inTaskDatabase(databaseUrl, async ({ db }) => {
    const applied = await migrate(db)
    await allowLogins(db, rolePasswords)
    await applyDefinitions(db, communities)
    return { applied }
  })
}

/**
 * Brings the schema up to date, and makes the partitions that the first write needs. Any number may run at once. Answers the names
 * of the migrations it applied.
 */
export async function migrate(db: Database): Promise<string[]> {
  const applied = await migrateToLatest(db)
  await ensureEventPartitions(db)
  return applied
}
