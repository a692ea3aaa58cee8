import type { Database } from '@heronry/db/database'
import { defineJob } from '@heronry/jobs/define-job'
import { handle } from '@heronry/jobs/handler'
import { ensureAuditPartitions } from '@heronry/operators/audit-partitions'

/** How often the audit log's months ahead are looked after. */
const everyMs = 24 * 3_600_000

const makeAuditMonths = defineJob({ queue: 'accounts', name: 'makeAuditMonths', parse: () => ({}) })

/** Without its month no row can be written, and no administrator act. */
export const auditMonths = ({ db }: { db: Database }) =>
  handle(makeAuditMonths, () => ensureAuditPartitions(db), { everyMs })
