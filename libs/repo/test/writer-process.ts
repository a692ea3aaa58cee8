import { cidString } from '@heronry/core/cid'
import { type Clock, systemClock } from '@heronry/core/clock'
import { parseDid } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import type { ActorId, CommunityId } from '@heronry/core/ids'
import { openDatabase } from '@heronry/db/database'
import { createLogger } from '@heronry/telemetry/logger'
import { createVault } from '@heronry/vault/vault'
import { createRepoEngine } from '../src/engine.ts'
import { prepareWrites } from '../src/prepare-writes.ts'
import type { WriteRequest } from '../src/prepared-write.ts'
import type { RepoActor } from '../src/repo-state.ts'
import { seededRandom } from './random.ts'
import type { Told, WriterPlan } from './writers.ts'

/**
 * A process that writes repos as the plan says, several requests of a repo in flight, and tells each answer in a line of JSON. Its clock
 * is off by `clockOffMs`, and set back by as much again now and then; it forgets its trees at random.
 */
const plan = JSON.parse(process.argv[2] ?? '') as WriterPlan
const random = seededRandom(plan.seed)
const db = openDatabase({ url: plan.url, poolMax: 6, applicationName: 'writer', onIdleError: () => {} })
const clock: Clock = { now: () => systemClock.now() + plan.clockOffMs * random(2) }
const engine = createRepoEngine({
  db,
  vault: createVault({ db, keyEncryptionKeys: [{ id: 'test', key: Buffer.from(plan.kek, 'hex') }] }),
  clock,
  logger: createLogger({ service: 'writer', level: 'fatal', enabled: false }),
})
const ready = new Promise((resolve) => process.stdin.once('data', resolve))
tell('ready')
await ready
await Promise.all(plan.actors.flatMap((actor) => [0, 1].map((hand) => writeTo(actor, hand))))
await db.destroy()

async function writeTo(named: WriterPlan['actors'][number], hand: number): Promise<void> {
  const id = BigInt(named.id) as ActorId
  const actor: RepoActor = { id, did: parseDid(named.did), communityId: named.communityId as CommunityId }
  for (let round = 0; round < plan.rounds; round++) {
    const name = `${plan.name}-${hand}-${round}`
    if (random(4) === 0) engine.drop(id)
    const writes = prepareWrites({ writes: someWrites(name), validate: undefined, clock })
    const told = await engine.apply({ actor, writes }).then(
      ({ commit }) => ({ cid: commit === null ? null : cidString(commit.cid) }),
      (error) => ({ code: error instanceof HeronryError ? error.code : String(error.stack) }),
    )
    tell({ actor: named.id, name, ...told })
  }
}

/** Records of this round's own, one that all processes write, and in every third request one path several times. */
function someWrites(name: string): WriteRequest[] {
  const collection = 'com.example.thing'
  const own: WriteRequest = { action: 'create', collection, rkey: name, record: { name } }
  const shared: WriteRequest = { action: 'put', collection, rkey: `shared-${random(3)}`, record: { name } }
  const gone = { collection, rkey: `${name}-gone` }
  const kinds: WriteRequest[][] = [
    [own],
    [own, shared],
    [
      { action: 'create', ...gone, record: { name } },
      { action: 'update', ...gone, record: { name, again: true } },
      own,
      { action: 'delete', ...gone },
      { action: 'update', collection, rkey: name, record: { name, last: true } },
    ],
  ]
  return kinds[random(kinds.length)] as WriteRequest[]
}

function tell(told: Told): void {
  process.stdout.write(`${JSON.stringify(told)}\n`)
}
