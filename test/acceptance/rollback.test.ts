import { expect, test, vi } from 'vitest'
import type { FirehoseMessage } from './firehose-consumer.ts'
import { heronry } from './heronry-command.ts'
import { createDatabase, dumpDatabase, restoreDump } from './logical-dump.ts'
import { type Person, signUp } from './person.ts'
import { RepoVerifier } from './repo-verifier.ts'
import { ResumingConsumer } from './resuming-consumer.ts'
import { RollbackCluster } from './rollback-cluster.ts'
import { type RollbackHouse, rollbackHouse } from './rollback-house.ts'

const waiting = { timeout: 30_000, interval: 20 }

interface Drill {
  readonly name: string
  /** What is left to say how far numbering was; the relay is there always. */
  readonly redis: boolean
  /** Keeps the past; resolves with what puts it back and gives the URL of the database to go on with. */
  readonly keep: (drill: Drilled) => Promise<() => Promise<string>>
}

interface Drilled extends AsyncDisposable {
  readonly house: RollbackHouse
  readonly cluster: RollbackCluster
  readonly another: RollbackCluster
  databaseUrl: string
}

const drills: Drill[] = [
  {
    name: 'a dump restored into the same server',
    redis: true,
    async keep({ databaseUrl }) {
      const dump = await dumpDatabase(databaseUrl)
      return async () => {
        const url = await createDatabase(databaseUrl, 'restored')
        await restoreDump(url, dump)
        return url
      }
    },
  },
  {
    name: 'a dump restored into a fresh cluster, Redis gone too',
    redis: false,
    async keep({ databaseUrl, another }) {
      const dump = await dumpDatabase(databaseUrl)
      return async () => {
        const url = await another.start()
        await restoreDump(url, dump)
        return url
      }
    },
  },
  {
    name: 'the data folder put back',
    redis: true,
    async keep(drilled) {
      const { house, cluster } = drilled
      await house.stop()
      await cluster.stop()
      await cluster.copyData()
      drilled.databaseUrl = await cluster.start()
      await house.start(drilled.databaseUrl)
      return async () => {
        await cluster.stop()
        await cluster.putDataBack()
        return await cluster.start()
      }
    },
  },
]

test.each(drills)(
  'after $name no seq is given twice, the old cursor carries on, and every account is believed again',
  async ({ redis, keep }) => {
    await using drilled = await startDrill(redis)
    const { house } = drilled
    await using consumer = await ResumingConsumer.follow(house.url)
    const [ann, ben, idle] = await Promise.all([signUp(house.url), signUp(house.url), signUp(house.url)])
    for (const person of [ann, ben, idle]) await post(person)
    // All of it has its number, so that what is kept is all of it.
    await vi.waitUntil(() => consumer.messages.filter(isCommit).length === 6, waiting)
    const putBack = await keep(drilled)
    // What is going to be lost: posts, and a whole account.
    for (const person of [ann, ann, ben]) await post(person)
    const lost = await signUp(house.url)
    await heard(consumer, ({ type, did }) => type === '#sync' && did === lost.did)
    const seen = seqsOf(consumer).at(-1) ?? 0
    const before = consumer.messages.length
    house.relay.status = { seq: seen, status: 'active' }

    await house.stop()
    drilled.databaseUrl = await putBack()
    await house.start(drilled.databaseUrl)
    const announced = redis ? [ann, ben] : [ann, ben, idle]
    for (const { did } of announced) {
      await heard(consumer, (message) => message.type === '#sync' && message.did === did, before)
    }
    const relay = new RepoVerifier(house.plcUrl, { houseUrl: house.url })
    const believed = await believe(relay, consumer.messages)
    for (const person of [ann, ben, idle]) await post(person)
    for (const { did } of [ann, ben, idle]) {
      await heard(consumer, (message) => message.type === '#commit' && message.did === did, before)
    }

    const after = consumer.messages.slice(before)
    expect(after.map(({ type }) => type)).not.toContain('error')
    expect(after.map(({ type }) => type)).not.toContain('#info')
    expect(Math.min(...after.map(({ seq }) => seq))).toBeGreaterThan(seen + 1_000_000)
    expect(seqsOf(consumer)).toEqual(seqsOf(consumer).toSorted((one, other) => one - other))
    expect(new Set(after.filter(({ type }) => type === '#account').map(({ did }) => did))).toEqual(
      new Set(announced.map(({ did }) => did)),
    )
    await believe(relay, consumer.messages.slice(believed))
    for (const { did } of [ann, ben, idle]) await expectExported(house, { relay, did })
    const status = await vi.waitFor(
      async () => {
        const shown = await statusOf(drilled)
        expect(shown.lostAccounts).toHaveLength(redis ? 1 : 0)
        return shown
      },
      { timeout: 30_000, interval: 200 },
    )
    expect(status.resumptions).toMatchObject([{ reannounced: redis ? '3 accounts' : 'everyone' }])
    // Without the journal nobody knows of an account that is nowhere any more.
    expect(status.lostAccounts.map(({ did }) => did)).toEqual(redis ? [lost.did] : [])
    expect(status.witnesses).toContainEqual({ name: `${house.relay.url} of localhost`, seq: seen })
  },
  120_000,
)

async function startDrill(redis: boolean): Promise<Drilled> {
  await using starting = new AsyncDisposableStack()
  const cluster = starting.use(await RollbackCluster.make())
  const another = starting.use(await RollbackCluster.make())
  const databaseUrl = await cluster.start()
  const house = starting.use(await rollbackHouse({ redis }))
  await house.start(databaseUrl)
  const started = starting.move()
  return { house, cluster, another, databaseUrl, [Symbol.asyncDispose]: () => started.disposeAsync() }
}

const isCommit = ({ type }: FirehoseMessage) => type === '#commit'

async function post({ agent }: Person): Promise<void> {
  await agent.post({ text: 'the heron stands' })
}

function seqsOf(consumer: ResumingConsumer): number[] {
  return consumer.messages.map(({ seq }) => seq)
}

async function heard(
  consumer: ResumingConsumer,
  wanted: (message: FirehoseMessage) => boolean,
  from = 0,
): Promise<void> {
  await vi.waitUntil(() => consumer.messages.slice(from).some(wanted), waiting)
}

/** A relay that was there all the time takes every message; rejects for one that it would drop. */
async function believe(relay: RepoVerifier, messages: readonly FirehoseMessage[]): Promise<number> {
  for (const message of messages) await relay.accept(message)
  return messages.length
}

/** What the relay holds of an account is what the house exports. */
async function expectExported(
  { url }: RollbackHouse,
  { relay, did }: { relay: RepoVerifier; did: string },
): Promise<void> {
  const car = await fetch(`${url}/xrpc/com.atproto.sync.getRepo?did=${did}`)
  await relay.expectSameRepo(did, new Uint8Array(await car.arrayBuffer()))
}

interface Status {
  readonly witnesses: readonly { name: string; seq: number }[]
  readonly resumptions: readonly object[]
  readonly lostAccounts: readonly { did: string }[]
}

/** What the operator is shown. */
async function statusOf({ databaseUrl }: Drilled): Promise<Status> {
  const env = { HERONRY_DATABASE_URL: databaseUrl, PDS_DEV_MODE: 'true' }
  const { code, stdout, stderr } = await heronry(['sequencer', 'status', '--json'], { env })
  expect([code, stderr.replaceAll(/^did:.*lost\n/gm, '')]).toEqual([0, ''])
  return JSON.parse(stdout)
}
