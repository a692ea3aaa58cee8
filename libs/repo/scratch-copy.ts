import { readFileSync } from 'node:fs'
import { copyRows } from '@heronry/db/copy-rows'
import { openDatabase } from '@heronry/db/database'
import { openSnapshot } from '@heronry/db/open-snapshot'

const seed = JSON.parse(readFileSync('/tmp/exp/seed.json', 'utf8'))
const db = openDatabase({ url: seed.url, poolMax: 1, applicationName: 'exp', onIdleError() {} })
for (let i = 0; i < 6; i++) {
  await using snapshot = await openSnapshot(db)
  const t = performance.now(),
    c = process.cpuUsage()
  let bytes = 0,
    n = 0,
    b = 0
  for await (const rows of copyRows(
    snapshot.tx,
    'SELECT 0::int2 as layer, path, cid, value from record where store_id=1002 order by path',
  )) {
    b++
    for (const r of rows) {
      bytes += r.length
      n++
      if (r.readInt16BE(0) !== 4) throw new Error('bad')
    }
  }
  const ms = performance.now() - t,
    cpu = process.cpuUsage(c)
  console.log(
    n,
    b,
    (bytes / 1e6).toFixed(1),
    'MB',
    ms.toFixed(0),
    'ms',
    (bytes / 1e3 / ms).toFixed(1),
    'MB/s  node cpu',
    ((cpu.user + cpu.system) / 1000).toFixed(0),
  )
}
await db.destroy()
