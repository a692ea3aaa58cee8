import { systemClock } from '@heronry/core/clock'
import { parseDid } from '@heronry/core/did'
import type { ActorId, CommunityId } from '@heronry/core/ids'
import { nextRev } from '@heronry/core/rev'
import { sleep } from '@heronry/core/sleep'
import { openDatabase } from '@heronry/db/database'
import { createLogger } from '@heronry/telemetry/logger'
import { repoCar } from '@heronry/testing/repo-car'
import { createVault } from '@heronry/vault/vault'
import { createRepoEngine } from '../src/engine.ts'
import { importRepo } from '../src/import/import-repo.ts'
import { ImportSeats } from '../src/import/import-seats.ts'
import { requestImportBytesMax } from '../src/import/limits.ts'
import type { RepoActor } from '../src/repo-state.ts'
import { create } from './repo-house.ts'

/**
 * A process that imports small repos until its own code is warm, then a large one, while another account writes; it tells in a line of JSON by how
 * many bytes its memory has grown at most, how long the import took, and how long those writes took before and meanwhile.
 */
const [url = '', kek = '', records = '', ...dids] = process.argv.slice(2)
const db = openDatabase({ url, poolMax: 12, applicationName: 'importer', onIdleError: () => {} })
const vault = createVault({ db, keyEncryptionKeys: [{ id: 'test', key: Buffer.from(kek, 'hex') }] })
const logger = createLogger({ service: 'importer', level: 'fatal', enabled: false })
const engine = createRepoEngine({ db, vault, clock: systemClock, logger })
const [mover, writer] = dids.map((did, index): RepoActor => {
  const id = BigInt(index + 1) as ActorId
  return { id, communityId: 1 as CommunityId, did: parseDid(did) }
}) as [RepoActor, RepoActor]
const deps = {
  ...{ db, vault, clock: systemClock, seats: new ImportSeats() },
  isSigned: async () => true,
  tellUnverified: async () => {},
}
const writeEveryMs = 25
const idleMs = 2_000
const never = new AbortController().signal

let mostRss = 0
let car = 0
for (const count of [1_000, 2_000, 5_000]) await imported(count)
const idle = await latencies(sleep(idleMs, never))
const rssBefore = process.memoryUsage.rss()
mostRss = 0
const startedAt = performance.now()
const importing = imported(Number(records))
const meanwhile = await latencies(importing)
const ms = Math.round(performance.now() - startedAt)
const grown = mostRss - rssBefore
process.stdout.write(
  `${JSON.stringify({ grown, ms, car, idle: quantiles(idle), meanwhile: quantiles(meanwhile) })}\n`,
)
await db.destroy()

async function imported(count: number): Promise<void> {
  const { chunks } = repoCar({
    did: mover.did,
    rev: nextRev(systemClock),
    sign: () => new Uint8Array(64),
    records: () => posts(count),
  })
  car = 0
  const body = (async function* () {
    for (const chunk of chunks()) {
      car += chunk.length
      mostRss = Math.max(mostRss, process.memoryUsage.rss())
      yield chunk
    }
  })()
  const watch = setInterval(() => {
    mostRss = Math.max(mostRss, process.memoryUsage.rss())
  }, 20)
  await importRepo(deps, {
    ...{ actor: mover, body, bytesMax: 2 ** 32, unverifiedFrom: undefined },
    // Here no worker runs, and one would do the same.
    requestBytesMax: Math.max(requestImportBytesMax, 2 ** 32),
  })
  clearInterval(watch)
}

/** DRISL of `{ $type, text, createdAt }`, with a text of its own for each; made by hand, as there are very many. */
function* posts(count: number): Generator<{ path: string; value: Uint8Array }> {
  const text = `is the number of this post, ${'which has as much to say as others have. '.repeat(3)}`
  for (let n = 0; n < count; n++) {
    const number = String(n).padStart(8, '0')
    const body = Buffer.from(`${number} ${text}`)
    const value = Buffer.concat([
      Buffer.from('a3647465787478', 'hex'),
      Buffer.of(body.length),
      body,
      Buffer.from('652474797065726170702e62736b792e666565642e706f7374', 'hex'),
      Buffer.from('69637265617465644174781832303236', 'hex'),
      Buffer.from('-11-21T10:00:00.000Z'),
    ])
    yield { path: `app.bsky.feed.post/3l${number.padStart(11, '2')}`, value }
  }
}

/** Of one write after the other, until `ended`. */
async function latencies(ended: Promise<unknown>): Promise<number[]> {
  const took: number[] = []
  let isOver = false
  const over = ended.finally(() => {
    isOver = true
  })
  while (!isOver) {
    const from = performance.now()
    await engine.apply({ actor: writer, writes: create(`w${nextRev(systemClock)}`) })
    took.push(performance.now() - from)
    await Promise.race([sleep(writeEveryMs, never), over])
  }
  await over
  return took
}

function quantiles(took: number[]): { p50: number; p99: number; count: number } {
  const sorted = took.toSorted((left, right) => left - right)
  const at = (share: number) => Math.round(100 * (sorted[Math.floor(share * (sorted.length - 1))] ?? 0)) / 100
  return { p50: at(0.5), p99: at(0.99), count: took.length }
}
