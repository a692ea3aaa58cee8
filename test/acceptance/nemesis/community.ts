import { setTimeout as delay } from 'node:timers/promises'
import { vi } from 'vitest'
import { Chance } from '../chance.ts'
import { type Fault, faultsIn, type History } from './checker.ts'
import { Client } from './client.ts'
import type { NemesisHouse } from './house.ts'
import { Subscriber } from './subscriber.ts'
import { ToldCommits } from './told-commits.ts'

const writerCount = 3
const subscriberCount = 3
const newcomerEveryMs = 4_000
/** Within which all that was written is seen by everybody, once nothing befalls the house any more. */
const waiting = { timeout: 60_000, interval: 100 }

/** The people of one community, and those who listen to it. */
export class Community implements AsyncDisposable {
  readonly clients: Client[] = []
  readonly subscribers: readonly Subscriber[]
  readonly #house: NemesisHouse
  readonly #host: string
  readonly #chance: Chance
  readonly #commits = new ToldCommits()
  readonly #listening = new AbortController()
  readonly #listened: Promise<unknown>

  constructor(house: NemesisHouse, { host, seed }: { host: string; seed: number }) {
    this.#house = house
    this.#host = host
    this.#chance = new Chance(seed)
    this.subscribers = Array.from({ length: subscriberCount }, (_, index) =>
      this.#subscriber(`subscriber ${index} of ${host}`, house.edges),
    )
    this.#listened = Promise.all(this.subscribers.map((it) => it.run(this.#listening.signal)))
  }

  /** Writers write and newcomers sign up until told to stop; rejects when the house fails one of them. */
  async live(signal: AbortSignal): Promise<void> {
    const writers = Array.from({ length: writerCount }, async () => {
      await (await this.#newcomer(signal))?.writeUntil(signal)
    })
    await Promise.all([...writers, this.#grow(signal)])
  }

  /** Everybody writes a last time; once all have seen that, finds what is wrong with what they saw, and with what each edge says of it. */
  async faults(): Promise<Fault[]> {
    const farewells = await Promise.all(this.clients.map((client) => client.writeUntilTold()))
    const end = await vi
      .waitUntil(() => this.#endOf(farewells), waiting)
      // What it is that they do not see is the checker's to say.
      .catch(() => Math.max(...this.subscribers.map(({ lastSeq }) => lastSeq)))
    this.#listening.abort()
    await this.#listened
    const retold = await Promise.all(this.#house.edges.map((edge) => this.#retoldBy(edge, end)))
    // Beyond it are writes that nobody was told of.
    const upToEnd = ({ subscriber, refusals, frames }: History) => ({
      subscriber,
      refusals,
      frames: frames.filter(({ seq }) => seq <= end),
    })
    return faultsIn({
      acknowledged: this.clients.flatMap(({ acknowledged }) => acknowledged),
      histories: [...this.subscribers, ...retold].map(upToEnd),
      commits: await this.#commits.all(),
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listening.abort()
    await this.#listened
  }

  async #grow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#newcomer(signal)
      await delay(newcomerEveryMs, undefined, { signal }).catch(() => {})
    }
  }

  async #newcomer(signal: AbortSignal): Promise<Client | undefined> {
    const { entryways, apis } = this.#house
    const client = new Client({ host: this.#host, entryways, apis, chance: this.#ownChance() })
    if (!(await client.signUp(signal))) return undefined
    this.clients.push(client)
    return client
  }

  /** The last seq of these commits, when every subscriber has seen them all. */
  async #endOf(cids: readonly string[]): Promise<number | undefined> {
    const commits = await this.#commits.all()
    const wanted = new Set(cids)
    const seqs = this.subscribers.map(({ frames }) =>
      frames.filter(({ digest }) => wanted.has(commits.get(digest)?.cid ?? '')).map(({ seq }) => seq),
    )
    return seqs.every(({ length }) => length >= wanted.size) ? Math.max(...seqs.flat()) : undefined
  }

  /** All of it again, by one edge, from the beginning. */
  async #retoldBy(edge: string, end: number): Promise<History> {
    const stopping = new AbortController()
    const listener = this.#subscriber(`listener to ${edge} for ${this.#host}`, [edge])
    const running = listener.run(stopping.signal)
    await vi.waitUntil(() => listener.lastSeq >= end, waiting).catch(() => {})
    stopping.abort()
    await running
    return listener
  }

  #subscriber(name: string, edges: readonly string[]): Subscriber {
    return new Subscriber({
      name,
      host: this.#host,
      edges,
      chance: this.#ownChance(),
      commits: this.#commits,
    })
  }

  #ownChance(): Chance {
    return new Chance(this.#chance.below(2 ** 31))
  }
}
