import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { openDatabase } from '@heronry/db/database'
import { createLogger } from '@heronry/telemetry/logger'
import { sql } from 'kysely'
import { exportRepo } from './src/export-repo.ts'
import { Spools } from './src/spools.ts'

const seed = JSON.parse(readFileSync('/tmp/exp/seed.json', 'utf8'))
const db = openDatabase({ url: seed.url, poolMax: 12, applicationName: 'exp', onIdleError() {} })
const logger = createLogger({ service: 'x', level: 'fatal', enabled: false })
const spools = new Spools(tmpdir())
const n = Number(process.argv[2])
const ping = async () => {
  const a = performance.now()
  await sql`select 1`.execute(db)
  return performance.now() - a
}
for (let i = 0; i < 20; i++) await ping()
const idle: number[] = []
for (let i = 0; i < 50; i++) idle.push(await ping())
idle.sort((a, b) => a - b)
console.log('idle ping p50', idle[25]!.toFixed(1), 'max', idle[49]!.toFixed(1))
const h = monitorEventLoopDelay({ resolution: 1 })
h.enable()
const t = performance.now(),
  c = process.cpuUsage()
const deps = { db, logger, spools, limits: { bufferBytesMax: 524288, patienceMs: 300, streamMsMax: 60000 } }
const streams = Array.from({ length: n }, () => {
  const s = exportRepo(deps, { actorId: 2n as never })
  s.once('readable', () => {})
  return s
})
const pings: number[] = []
while (spools.bytes < n * 19.9e6) {
  pings.push(await ping())
  if (performance.now() - t > 30000) break
}
h.disable()
const cpu = process.cpuUsage(c)
pings.sort((a, b) => a - b)
console.log(
  n,
  'exports',
  (performance.now() - t).toFixed(0),
  'ms cpu',
  ((cpu.user + cpu.system) / 1000).toFixed(0),
  'loop delay p50',
  (h.percentile(50) / 1e6).toFixed(1),
  'p99',
  (h.percentile(99) / 1e6).toFixed(1),
  'max',
  (h.max / 1e6).toFixed(0),
  'pings',
  pings.length,
  'p50',
  pings[pings.length >> 1]!.toFixed(1),
  'p99',
  pings[Math.floor(pings.length * 0.99)]!.toFixed(1),
)
for (const s of streams) s.destroy()
await db.destroy()
