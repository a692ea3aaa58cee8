import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import WebSocket from 'ws'
import type { Chance } from '../chance.ts'
import { decodeFrame } from '../firehose-consumer.ts'
import type { Frame, History } from './checker.ts'
import type { ToldCommits } from './told-commits.ts'

const stayMsMin = 200
const stayMsMax = 4_000
const handshakeMsMax = 2_000
const retryMs = 50

export interface SubscriberOptions {
  name: string
  /** The hostname of its community. */
  host: string
  edges: readonly string[]
  chance: Chance
  commits: ToldCommits
}

/** Listens to one edge for a while, goes away without a word, and comes back, here or there, with the seq of the last frame it got. */
export class Subscriber implements History {
  readonly frames: Frame[] = []
  readonly refusals: string[] = []
  /** How often an edge that had lost Postgres sent it away, to come back. */
  interruptions = 0
  /** How often it has been let in. */
  visits = 0
  readonly #options: SubscriberOptions

  constructor(options: SubscriberOptions) {
    this.#options = options
  }

  get subscriber(): string {
    return this.#options.name
  }

  get lastSeq(): number {
    return this.frames.at(-1)?.seq ?? 0
  }

  async run(signal: AbortSignal): Promise<void> {
    const { edges, chance } = this.#options
    while (!signal.aborted) {
      const visits = this.visits
      await this.visit({ edge: chance.one(edges), stayMs: stayMsMin + chance.below(stayMsMax), signal })
      if (this.visits === visits) await delay(retryMs)
    }
  }

  /** Resolves when it has gone, or the edge has. */
  async visit({
    edge,
    stayMs,
    signal,
  }: {
    edge: string
    stayMs: number
    signal: AbortSignal
  }): Promise<void> {
    const url = new URL('/xrpc/com.atproto.sync.subscribeRepos', edge.replace('http', 'ws'))
    url.searchParams.set('cursor', String(this.lastSeq))
    const headers = { host: this.#options.host }
    const socket = new WebSocket(url, { headers, handshakeTimeout: handshakeMsMax })
    const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    socket.on('error', () => {})
    socket.once('open', () => {
      this.visits += 1
    })
    const listen = (data: Buffer) => this.#hear(data, edge)
    socket.on('message', listen)
    const leaving = new AbortController()
    gone.then(() => leaving.abort())
    await delay(stayMs, undefined, { signal: AbortSignal.any([signal, leaving.signal]) }).catch(() => {})
    // What is still on its way is not seen: the next visit asks for it again.
    socket.off('message', listen)
    socket.terminate()
    await gone
  }

  #hear(data: Buffer, edge: string): void {
    const message = decodeFrame(data)
    if (message.body['error'] === 'InternalServerError') {
      this.interruptions += 1
      return
    }
    if (message.type === 'error' || message.type === '#info') {
      this.refusals.push(`${edge}: ${JSON.stringify(message.body)}`)
      return
    }
    const digest = createHash('sha256').update(data).digest('base64')
    this.#options.commits.add(digest, message)
    this.frames.push({ seq: message.seq, digest, edge })
  }
}
