import { setTimeout as delay } from 'node:timers/promises'

/** Waits `ms`, or less when `signal` aborts. Never throws: the loop asks `signal.aborted` itself. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
