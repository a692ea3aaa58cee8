import { type Clock, systemClock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import { LRUCache } from 'lru-cache'
import { type ProxyLimits, upstreamsRememberedMax } from './limits.ts'
import { unreachable } from './unreachable.ts'

/** One request's way through. `leave` is called once, whatever became of it. */
export interface Passage {
  /** The upstream has begun to answer: it is alive. */
  answered(): void
  /** It did not answer; not where the caller gave up first. */
  failed(): void
  leave(): void
}

interface Health {
  failures: number
  /** While it is to be left alone: until then. */
  openUntil: number
  /** Somebody tries whether it is back. */
  isTried: boolean
}

type CircuitLimits = Pick<
  ProxyLimits,
  'inFlightPerUpstreamMax' | 'inFlightPerCallerMax' | 'failuresInARowMax' | 'openMs'
>

/**
 * Keeps a dead or slow upstream from taking the house with it: so many requests in flight, of one caller fewer, and none for a while to one
 * that has failed so often in a row. Then one request tries; the others are told at once.
 *
 * Invariant: a request that entered is counted until it leaves. What an upstream answers, an error included, is an answer.
 */
export class Circuits {
  readonly #limits: CircuitLimits
  readonly #clock: Clock
  readonly #inFlight = new Map<string, number>()
  readonly #health = new LRUCache<string, Health>({ max: upstreamsRememberedMax })

  constructor(limits: CircuitLimits, clock: Clock = systemClock) {
    this.#limits = limits
    this.#clock = clock
  }

  /** Throws `UpstreamFailure` where the upstream is left alone, `ServiceUnavailable` where too many are in flight. */
  enter(origin: string, caller: string): Passage {
    const mine = `${origin} ${caller}`
    this.#assertRoom(origin, this.#limits.inFlightPerUpstreamMax)
    this.#assertRoom(mine, this.#limits.inFlightPerCallerMax)
    const isTrial = this.#isTrial(origin)
    this.#count(origin, 1)
    this.#count(mine, 1)
    return {
      answered: () => void this.#health.delete(origin),
      failed: () => this.#fail(origin),
      leave: () => {
        this.#count(origin, -1)
        this.#count(mine, -1)
        const health = this.#health.get(origin)
        if (isTrial && health !== undefined) health.isTried = false
      },
    }
  }

  /** Upstreams that are left alone now. */
  openCount(): number {
    const now = this.#clock.now()
    return [...this.#health.values()].filter(({ openUntil }) => openUntil > now).length
  }

  #assertRoom(key: string, max: number): void {
    if ((this.#inFlight.get(key) ?? 0) < max) return
    throw new HeronryError('ServiceUnavailable', 'Too many requests to this service are under way')
  }

  /** Whether this request is the one that tries an upstream which was left alone. */
  #isTrial(origin: string): boolean {
    const health = this.#health.get(origin)
    if (health === undefined || health.failures < this.#limits.failuresInARowMax) return false
    if (health.isTried || this.#clock.now() < health.openUntil) {
      throw unreachable(new Error('It failed too often in a row'))
    }
    health.isTried = true
    return true
  }

  #fail(origin: string): void {
    const health = this.#health.get(origin) ?? { failures: 0, openUntil: 0, isTried: false }
    health.failures++
    if (health.failures >= this.#limits.failuresInARowMax) {
      health.openUntil = this.#clock.now() + this.#limits.openMs
    }
    this.#health.set(origin, health)
  }

  #count(key: string, by: number): void {
    const count = (this.#inFlight.get(key) ?? 0) + by
    if (count === 0) this.#inFlight.delete(key)
    else this.#inFlight.set(key, count)
  }
}
