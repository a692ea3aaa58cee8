import { readFileSync } from 'node:fs'
import { verifyRepoCar } from '@atproto/repo'
import { copyRows } from '@heronry/db/copy-rows'
import { openDatabase } from '@heronry/db/database'
import { openSnapshot } from '@heronry/db/open-snapshot'
import { sql } from 'kysely'
import { carHeader } from './src/car.ts'
import { CarWriter } from './src/car-writer.ts'
import { ExportRow, exportPlan, exportQuery } from './src/export-query.ts'
import { rootLayer } from './src/export-rows.ts'
import { findRepo } from './src/find-repo.ts'
import { TreeCar } from './src/tree-car.ts'

const seed = JSON.parse(readFileSync('/tmp/exp/seed.json', 'utf8'))
const db = openDatabase({ url: seed.url, poolMax: 1, applicationName: 'exp', onIdleError() {} })
const {
  rows: [b],
} = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)
const pgcpu = () => {
  const f = readFileSync(`/proc/${b!.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(f[11]) + Number(f[12])) * 10
}
for (let i = 0; i < 12; i++) {
  const r = seed.repos[i % 2 ? '10000' : '100000']
  const t = performance.now(),
    c = process.cpuUsage(),
    p = pgcpu()
  let bytes = 0,
    n = 0
  const chunks: Buffer[] = []
  {
    await using snapshot = await openSnapshot(db)
    for (const name of exportPlan) await sql`select set_config(${name}, 'off', true)`.execute(snapshot.tx)
    const repo = (await findRepo(snapshot.tx, BigInt(r.actorId) as never))!
    const layer = await rootLayer(snapshot.tx, repo.storeId)
    const car = new CarWriter(131072 + 16384)
    car.append(carHeader(repo.head))
    car.block({ cid: repo.head, bytes: repo.commit })
    const tree = new TreeCar(car, { layer, data: repo.data })
    const row = new ExportRow()
    for await (const rows of copyRows(snapshot.tx, exportQuery({ storeId: repo.storeId, layers: layer }))) {
      for (const x of rows) {
        tree.add(row.read(x))
        n++
        if (car.size > 131072) {
          const ch = car.take()
          bytes += ch.length
          if (i < 2) chunks.push(ch)
        }
      }
    }
    tree.end()
    const ch = car.take()
    bytes += ch.length
    chunks.push(ch)
  }
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
    'pg',
    pgcpu() - p,
    'rss',
    (process.memoryUsage.rss() / 1e6).toFixed(0),
  )
  if (i < 2) console.log((await verifyRepoCar(Buffer.concat(chunks), r.did, r.didKey)).creates.length)
}
await db.destroy()
