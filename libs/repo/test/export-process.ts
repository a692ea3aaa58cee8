import { tmpdir } from 'node:os'
import type { ActorId } from '@heronry/core/ids'
import { openDatabase } from '@heronry/db/database'
import { createLogger } from '@heronry/telemetry/logger'
import { exportRepo } from '../src/export-repo.ts'
import { Spools } from '../src/spools.ts'

/**
 * A process that exports a small repo until its own code is warm, then a large one, and tells in a line of JSON how many bytes that
 * was and by how many its memory has grown meanwhile at most.
 */
const [url = '', small = '', large = ''] = process.argv.slice(2)
const warmUps = 20
const db = openDatabase({ url, poolMax: 2, applicationName: 'exporter', onIdleError: () => {} })
const deps = {
  db,
  logger: createLogger({ service: 'exporter', level: 'fatal', enabled: false }),
  spools: new Spools(tmpdir()),
}
let mostRss = 0
for (let round = 0; round < warmUps; round++) await exported(BigInt(small))
const before = process.memoryUsage.rss()
mostRss = 0
const bytes = await exported(BigInt(large))
process.stdout.write(`${JSON.stringify({ bytes, grown: mostRss - before })}\n`)
await db.destroy()

async function exported(actorId: bigint): Promise<number> {
  let total = 0
  for await (const chunk of exportRepo(deps, { actorId: actorId as ActorId })) {
    total += chunk.length
    mostRss = Math.max(mostRss, process.memoryUsage.rss())
  }
  return total
}
