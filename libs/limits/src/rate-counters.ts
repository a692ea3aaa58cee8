import { hash } from 'node:crypto'
import type { RateLimiterI } from '@atproto/xrpc-server'
import { keyCharsMax } from './limits.ts'

export interface CounterOptions<Counted> {
  /** Counters of one name are one counter, in every process of the house that counts in Redis. */
  readonly name: string
  /** Points of one key in one window. */
  readonly limit: number
  /** Whole seconds, rounded down. */
  readonly windowMs: number
  /** Null: not counted. */
  readonly key: (counted: Counted) => string | null
  /** Less than 1: not counted. */
  readonly points: (counted: Counted) => number
  /** What becomes of a call that cannot be counted: it passes (open), or fails with the store's error (closed). */
  readonly uncounted: 'open' | 'closed'
}

/** Where rate limits are counted. */
export interface RateCounters extends AsyncDisposable {
  limiter<Counted>(options: CounterOptions<Counted>): RateLimiterI<Counted>
}

/** A key that the caller may have made up is of bounded length in the store. */
export function boundedKey(key: string): string {
  return key.length <= keyCharsMax ? key : hash('sha256', key)
}
