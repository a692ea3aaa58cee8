import { MemoryRateLimiter } from '@atproto/xrpc-server'
import type { CounterOptions, RateCounters } from './rate-counters.ts'

/** Counts in this process alone: each process of a house allows the whole limit. */
export function memoryCounters(): RateCounters {
  return {
    limiter: <Counted>({ name, limit, windowMs, key, points }: CounterOptions<Counted>) =>
      new MemoryRateLimiter<Counted>({
        keyPrefix: name,
        durationMs: windowMs,
        points: limit,
        calcKey: key,
        calcPoints: points,
      }),
    [Symbol.asyncDispose]: async () => {},
  }
}
