import type { Dependencies } from '@heronry/core/dependencies'
import { type Database, poolUse } from '@heronry/db/database'
import type { Metrics } from '@heronry/telemetry/metrics'

/** What every process has to show: itself, its pool of connections, what it can go on without. Once a process. */
export function observeProcess(
  metrics: Metrics,
  { db, dependencies }: { db: Database; dependencies: Dependencies },
): void {
  metrics.collectProcess()
  metrics.gauge('pds_db_pool_in_use', () => poolUse(db).inUse)
  metrics.gauge('pds_db_pool_waiting', () => poolUse(db).waiting)
  metrics.gauge('pds_dependency_up', () =>
    [...dependencies.states()].map(([dependency, isThere]) => ({
      labels: { dependency },
      value: Number(isThere),
    })),
  )
}
