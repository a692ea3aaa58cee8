import { type Database, poolUse } from '@heronry/db/database'
import type { Metrics } from '@heronry/telemetry/metrics'

/** What every process has to show: itself, and its pool of connections. Once a process. */
export function observeProcess(metrics: Metrics, { db }: { db: Database }): void {
  metrics.collectProcess()
  metrics.gauge('pds_db_pool_in_use', () => poolUse(db).inUse)
  metrics.gauge('pds_db_pool_waiting', () => poolUse(db).waiting)
}
