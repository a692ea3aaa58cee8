import type { Clock } from '@heronry/core/clock'
import { nextRev, type Rev } from '@heronry/core/rev'

const last = new WeakMap<Clock, Rev>()

/** A TID for a record without a key: strictly greater than any this clock has given, whatever the clock does. */
export function nextRecordKey(clock: Clock): string {
  const tid = nextRev(clock, last.get(clock))
  last.set(clock, tid)
  return tid
}
