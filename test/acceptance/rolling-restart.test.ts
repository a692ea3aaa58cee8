import { startSmtpSink } from '@heronry/testing/smtp-sink'
import { expect, test, vi } from 'vitest'
import { type ComposeHouse, startComposeHouse } from './compose-house.ts'
import { PersistentWriter } from './persistent-writer.ts'
import { signUp } from './person.ts'
import { RepoVerifier } from './repo-verifier.ts'
import { ResumingConsumer } from './resuming-consumer.ts'

const soak = process.env['HERONRY_SOAK'] !== undefined
const rounds = soak ? 50 : 1
const writers = soak ? 8 : 3

test(
  'every process restarted one after the other under load: a client that retries loses nothing, a subscriber that resumes misses nothing',
  async () => {
    await using sink = await startSmtpSink()
    const env = { PDS_EMAIL_SMTP_URL: sink.url, PDS_EMAIL_FROM_ADDRESS: 'house@example.com' }
    await using house = await startComposeHouse({ env })
    await using consumer = await ResumingConsumer.follow(house.url)
    const people = await Promise.all(Array.from({ length: writers }, () => signUp(house.url)))
    const writing = people.map((person) => new PersistentWriter(person))
    const stop = new AbortController()
    const load = Promise.all(writing.map((it) => it.writeUntil(stop.signal)))
    load.catch(() => stop.abort())
    for (let round = 0; round < rounds && !stop.signal.aborted; round++) await restartEach(house, stop.signal)
    stop.abort()
    await load

    for (const { agent } of people) await agent.com.atproto.server.requestEmailConfirmation()
    await sink.waitForRecipients(
      people.map(({ email }) => email),
      20_000,
    )
    const acknowledged = new Map(writing.flatMap((it) => [...it.acknowledged]))
    const announced = () => new Set(consumer.messages.flatMap(urisOf))
    await vi.waitFor(
      () => expect([...acknowledged.keys()].filter((uri) => !announced().has(uri))).toEqual([]),
      {
        timeout: 20_000,
        interval: 100,
      },
    )
    expect(consumer.resumed).toBeGreaterThan(0)
    expect(consumer.messages.filter(({ type }) => type === 'error' || type === '#info')).toEqual([])
    const seqs = consumer.messages.map(({ seq }) => seq)
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b))
    await expectVerified({ house, consumer, acknowledged })
  },
  soak ? 3_600_000 : 240_000,
)

/** As an orchestrator does it: the next one once the last is ready. */
async function restartEach({ processes }: ComposeHouse, signal: AbortSignal): Promise<void> {
  for (const child of processes) {
    if (signal.aborted) return
    await child.stop()
    expect(child.exitCode, `${child.name}:\n${child.output}`).toBe(0)
    await child.start()
  }
}

function urisOf({ did, body }: { did: string; body: { ops?: { path: string }[] } }): string[] {
  return (body.ops ?? []).map(({ path }) => `at://${did}/${path}`)
}

/** What the subscriber has seen is an unbroken chain for every repo, and what was acknowledged is in it. */
async function expectVerified({
  house,
  consumer,
  acknowledged,
}: {
  house: ComposeHouse
  consumer: ResumingConsumer
  acknowledged: ReadonlyMap<string, string>
}): Promise<void> {
  const verifier = new RepoVerifier(house.plcUrl)
  for (const message of consumer.messages) await verifier.accept(message)
  for (const did of verifier.repos.keys()) {
    const car = await fetch(`${house.url}/xrpc/com.atproto.sync.getRepo?did=${did}`)
    await verifier.expectSameRepo(did, new Uint8Array(await car.arrayBuffer()))
  }
  for (const [uri, cid] of acknowledged) {
    const [, , did = '', ...path] = uri.split('/')
    expect(verifier.repos.get(did)?.records.get(path.join('/')), uri).toBe(cid)
  }
}
