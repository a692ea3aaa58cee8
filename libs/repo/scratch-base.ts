import { readFileSync } from 'node:fs'
import { openDatabase } from '@heronry/db/database'
import { createLogger } from '@heronry/telemetry/logger'
import { sql } from 'kysely'
import { exportRepo } from './src/export-repo.ts'

const seed = JSON.parse(readFileSync('/tmp/exp/seed.json', 'utf8'))
const db = openDatabase({ url: seed.url, poolMax: 1, applicationName: 'exp', onIdleError() {} })
const logger = createLogger({ service: 'x', level: 'fatal', enabled: false })
const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)
const pgcpu = () => {
  const f = readFileSync(`/proc/${rows[0]!.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(f[11]) + Number(f[12])) * 10
}
for (const n of [10000, 100000, 10000, 100000]) {
  const t = performance.now(),
    c = process.cpuUsage(),
    p = pgcpu()
  let bytes = 0
  for await (const part of exportRepo({ db, logger }, { actorId: BigInt(seed.repos[n].actorId) as never }))
    bytes += part.length
  const ms = performance.now() - t,
    cpu = process.cpuUsage(c)
  console.log(
    n,
    (bytes / 1e6).toFixed(1),
    'MB',
    ms.toFixed(0),
    'ms',
    (bytes / 1e3 / ms).toFixed(1),
    'MB/s  node cpu',
    ((cpu.user + cpu.system) / 1000).toFixed(0),
    'pg cpu',
    pgcpu() - p,
    'rss',
    (process.memoryUsage.rss() / 1e6).toFixed(0),
  )
}
await db.destroy()
