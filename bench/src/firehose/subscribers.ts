import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { Order, Report, Setup } from './subscribers-worker.ts'
import type { Recording } from './tape.ts'

export interface Departure {
  readonly index: number
  readonly why: string
  /** The short messages it has got: what the stream said of itself. */
  readonly lastWords: string
}

const lookAgainMs = 1
const silenceMsMax = 60_000

/**
 * Subscribers of one server's firehose, in a thread of their own: what they cost is the load's. All of them begin after the same
 * cursor, and what each gets is compared, byte by byte, with what the others get.
 */
export class Subscribers implements AsyncDisposable {
  readonly departures: Departure[] = []
  readonly #worker: Worker
  readonly #received: Int32Array
  #differing: number | undefined
  #broken: unknown

  private constructor(worker: Worker, received: Int32Array) {
    this.#worker = worker
    this.#received = received
    worker.on('error', (error) => {
      this.#broken = error
    })
    worker.on('message', (report: Report) => {
      if (report.kind === 'closed') this.departures.push(report)
      if (report.kind === 'differs') this.#differing ??= report.index
    })
  }

  /** Resolves when all are let in. */
  static async connect(url: string, wanted: { count: number; cursor: number }): Promise<Subscribers> {
    const subscribers = await Subscribers.prepare(url, wanted)
    await subscribers.open()
    return subscribers
  }

  /** Resolves when their thread runs; they have not called yet. */
  static async prepare(
    url: string,
    { count, cursor }: { count: number; cursor: number },
  ): Promise<Subscribers> {
    const received = new Int32Array(new SharedArrayBuffer(4 * count))
    const { port } = new URL(url)
    const workerData: Setup = { host: '127.0.0.1', port: Number(port), cursor, count, received }
    const worker = new Worker(new URL('subscribers-worker.ts', import.meta.url), { workerData })
    const subscribers = new Subscribers(worker, received)
    await subscribers.#report('ready')
    return subscribers
  }

  /** Resolves when all are let in. */
  async open(): Promise<void> {
    const opened = this.#report('open')
    this.#order({ kind: 'connect' })
    await opened
    this.assertEqual()
  }

  /** Messages that every one of those from `first` on has got. */
  least(first = 0): number {
    let least = Number.POSITIVE_INFINITY
    for (let index = first; index < this.#received.length; index++) {
      least = Math.min(least, Atomics.load(this.#received, index))
    }
    return least
  }

  /** How many of those from `first` on have got so many messages. */
  countWith(messages: number, first: number): number {
    return this.#received.slice(first).filter((received) => received >= messages).length
  }

  /** Resolves when all from `first` on have got so many; rejects when none comes for long, or one has been sent away. */
  async haveGot(messages: number, first = 0): Promise<void> {
    let before = -1
    let deadline = 0
    for (;;) {
      const least = this.least(first)
      if (least >= messages) return
      if (least > before) deadline = performance.now() + silenceMsMax
      before = least
      if (performance.now() > deadline) throw new Error(`A subscriber has got ${least} of ${messages} events`)
      this.assertEqual(first)
      await delay(lookAgainMs)
    }
  }

  /** Throws if one from `first` on was sent away, or if anybody got other bytes than the others. */
  assertEqual(first = 0): void {
    if (this.#broken !== undefined) throw this.#broken
    if (this.#differing !== undefined)
      throw new Error(`Subscriber ${this.#differing} got other bytes than others`)
    const gone = this.departures.find(({ index }) => index >= first)
    if (gone !== undefined)
      throw new Error(`Subscriber ${gone.index} was sent away: ${gone.why} ${gone.lastWords}`)
  }

  /** The first so many read nothing any more. */
  pause(upto: number): void {
    this.#order({ kind: 'pause', upto })
  }

  resume(): void {
    this.#order({ kind: 'resume' })
  }

  /** All that was sent, and when. */
  async recording(): Promise<Recording> {
    const tape = this.#report('tape')
    this.#order({ kind: 'hand over' })
    return (await tape).recording
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate()
  }

  #order(order: Order): void {
    this.#worker.postMessage(order)
  }

  async #report<Kind extends Report['kind']>(kind: Kind): Promise<Extract<Report, { kind: Kind }>> {
    for (;;) {
      const [report] = (await once(this.#worker, 'message')) as [Report]
      if (report.kind === kind) return report as Extract<Report, { kind: Kind }>
    }
  }
}
