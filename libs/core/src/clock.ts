/** Where the time comes from. Arguments, not globals, so that a test can set the clock back. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }
