import type { Database } from './database.ts'
import { lookupKeysMax, lookupsInFlightMax } from './limits.ts'

/** One query for many keys: a value, or undefined, for each key, in their order. */
export type LoadMany<Key, Value> = (
  db: Database,
  keys: readonly Key[],
) => Promise<readonly (Value | undefined)[]>

/**
 * A lookup by key, of which many are asked for at once: one query takes all the keys of one turn of the event loop, and those that have
 * gathered while the queries before it were in flight, so that an idle house asks at once and a busy one in bulk.
 *
 * Invariant: the query is sent after the key was asked for, so that its answer is as fresh as that of a query of its own. A query that fails
 * fails for all its keys: they must be such that none can make it fail.
 */
export function batchedLookup<Key, Value>(load: LoadMany<Key, Value>, { keysMax = lookupKeysMax } = {}) {
  const queues = new WeakMap<Database, LookupQueue<Key, Value>>()
  return (db: Database, key: Key): Promise<Value | undefined> => {
    const queue = queues.get(db) ?? new LookupQueue((keys: readonly Key[]) => load(db, keys), keysMax)
    queues.set(db, queue)
    return queue.ask(key)
  }
}

class LookupQueue<Key, Value> {
  readonly #load: (keys: readonly Key[]) => Promise<readonly (Value | undefined)[]>
  readonly #keysMax: number
  readonly #waiting: Asked<Key, Value>[] = []
  #inFlight = 0
  #isWoken = false

  constructor(load: (keys: readonly Key[]) => Promise<readonly (Value | undefined)[]>, keysMax: number) {
    this.#load = load
    this.#keysMax = keysMax
  }

  ask(key: Key): Promise<Value | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<Value | undefined>()
    this.#waiting.push({ key, resolve, reject })
    this.#wake()
    return promise
  }

  /** Not at once: requests that came together ask together. */
  #wake(): void {
    if (this.#isWoken) return
    this.#isWoken = true
    setImmediate(() => {
      this.#isWoken = false
      this.#pump()
    })
  }

  #pump(): void {
    while (this.#inFlight < lookupsInFlightMax && this.#waiting.length > 0) {
      this.#inFlight++
      void this.#answer(this.#waiting.splice(0, this.#keysMax)).finally(() => {
        this.#inFlight--
        if (this.#waiting.length > 0) this.#wake()
      })
    }
  }

  async #answer(asked: readonly Asked<Key, Value>[]): Promise<void> {
    try {
      const values = await this.#load(asked.map(({ key }) => key))
      for (const [index, { resolve }] of asked.entries()) resolve(values[index])
    } catch (error) {
      for (const { reject } of asked) reject(error)
    }
  }
}

interface Asked<Key, Value> {
  readonly key: Key
  readonly resolve: (value: Value | undefined) => void
  readonly reject: (error: unknown) => void
}
