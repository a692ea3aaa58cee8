import { randomInt } from 'node:crypto'
import { AtpAgent } from '@atproto/api'
import { expect, test, vi } from 'vitest'
import { FirehoseConsumer } from './firehose-consumer.ts'
import type { House } from './house.ts'
import { fiveServices, oneProcess } from './house-kinds.ts'
import { type Person, signUp } from './person.ts'
import { RepoVerifier } from './repo-verifier.ts'

const rounds = 5
const postsPerRound = 200

/** A random moment of a round, told by how many of its posts have been acknowledged. */
const killAfter = () => randomInt(0, postsPerRound - 20)
const waiting = { timeout: 30_000, interval: 1 }

const title = 'killed with -9 while it writes, the house keeps every acknowledged post and announces it once'

test.each([oneProcess, fiveServices])(
  `${title}: $name`,
  async (kind) => {
    await using house = await kind.start()
    const people = await Promise.all([signUp(house.url), signUp(house.url), signUp(house.url)])
    const acknowledged = new Map<string, string>()
    for (let round = 0; round < rounds; round++) {
      const threshold = acknowledged.size + killAfter()
      const writing = writeUntilKilled(people, acknowledged)
      await vi.waitFor(() => expect(acknowledged.size).toBeGreaterThan(threshold), waiting)
      await house.kill()
      await writing
      await house.start()
    }
    for (const person of people) await post(house, person, acknowledged)

    await using consumer = await FirehoseConsumer.follow(house.url, { cursor: 0 })
    const announced = () => announcedRecords(consumer)
    await consumer.until(() => [...acknowledged.keys()].every((path) => announced().has(path)))
    const verifier = new RepoVerifier(house.plcUrl)
    for (const message of consumer.messages) await verifier.accept(message)
    for (const { did } of people) {
      const car = await fetch(`${house.url}/xrpc/com.atproto.sync.getRepo?did=${did}`)
      await verifier.expectSameRepo(did, new Uint8Array(await car.arrayBuffer()))
    }
    for (const [path, cid] of acknowledged) expect(announced().get(path)).toEqual([cid])
  },
  120_000,
)

/** Each person posts one after the other; resolves when all were written or the house is gone. */
async function writeUntilKilled(people: Person[], acknowledged: Map<string, string>): Promise<void> {
  await Promise.all(
    people.map(async ({ agent }) => {
      for (let index = 0; index < postsPerRound / people.length; index++) {
        const answer = await agent.post({ text: `post ${index}` }).catch(() => undefined)
        if (answer === undefined) return
        acknowledged.set(answer.uri, answer.cid)
      }
    }),
  )
}

async function post(house: House, person: Person, acknowledged: Map<string, string>): Promise<void> {
  const agent = new AtpAgent({ service: house.url })
  await agent.login({ identifier: person.did, password: person.password })
  const { uri, cid } = await agent.post({ text: 'after all' })
  acknowledged.set(uri, cid)
}

/** at:// URI → the CIDs it was announced with, one for each time. */
function announcedRecords(consumer: FirehoseConsumer): Map<string, string[]> {
  const announced = new Map<string, string[]>()
  for (const { did, body } of consumer.messages) {
    for (const op of body.ops ?? []) {
      const uri = `at://${did}/${op.path}`
      announced.set(uri, [...(announced.get(uri) ?? []), String(op.cid)])
    }
  }
  return announced
}
