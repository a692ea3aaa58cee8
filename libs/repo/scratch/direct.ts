import { tmpdir } from 'node:os'
import { openDatabase } from '@heronry/db/database'
import { createLogger } from '@heronry/telemetry/logger'
import { exportRepo } from '../src/export-repo.ts'
import { Spools } from '../src/spools.ts'
const url = new URL(process.env.HERONRY_TEST_DATABASE_URL!); url.pathname = '/export_play'
const db = openDatabase({ url: String(url), poolMax: 2, applicationName: 'x', onIdleError() {} })
const logger = createLogger({ service: 'test', level: 'warn', enabled: false })
const deps = { db, logger, spools: new Spools(tmpdir()) }
async function run(id: number) {
  let bytes = 0
  for await (const c of exportRepo(deps as any, { actorId: BigInt(id) as any })) bytes += c.length
  return bytes
}
for (let i = 0; i < 10; i++) await run(500)
import { Session } from 'node:inspector/promises'
import { writeFileSync } from 'node:fs'
const session = process.env.PROF ? new Session() : null
if (session) { session.connect(); await session.post('Profiler.enable'); await session.post('Profiler.setSamplingInterval', { interval: 50 }); await session.post('Profiler.start') }
const id = Number(process.argv[2] ?? 10000), times = Number(process.argv[3] ?? 15)
const out: string[] = []
let bytes = 0
const c0 = process.cpuUsage(); const all = performance.now(); const rss0 = process.memoryUsage.rss(); let rss = 0
for (let i = 0; i < times; i++) { const f = process.resourceUsage(); const t = performance.now(), u = (process as any).threadCpuUsage(); bytes = await run(id); const v = (process as any).threadCpuUsage(u); out.push((performance.now() - t).toFixed(0) + '/' + (v.user / 1000).toFixed(0) + '+' + (v.system / 1000).toFixed(0) + '/' + (process.resourceUsage().minorPageFault - f.minorPageFault) + 'pf' + (process.resourceUsage().involuntaryContextSwitches - f.involuntaryContextSwitches) + 'cs' + (process.resourceUsage().voluntaryContextSwitches - f.voluntaryContextSwitches)); rss = Math.max(rss, process.memoryUsage.rss()) }
const c = process.cpuUsage(c0)
const ms = performance.now() - all
console.log(bytes, 'bytes;', out.join(' '), '; cpu/op', ((c.user + c.system) / 1000 / times).toFixed(1), 'MB/s', (bytes * times / ms / 1000).toFixed(1), 'rss+', ((rss - rss0) / 1e6).toFixed(0))
await db.destroy()

if (session) { const { profile } = await session.post('Profiler.stop'); writeFileSync(process.env.PROF!, JSON.stringify(profile)) }
