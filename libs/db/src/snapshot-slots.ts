import { HeronryError } from '@heronry/core/error'
import type { Database } from './database.ts'
import { snapshotsMax } from './limits.ts'

/**
 * Takes one of the `snapshotsMax` snapshots that may be open of a pool, and waits for it up to `waitMs`, first come, first served.
 * Throws `ServiceUnavailable` where none came free. Whoever has it gives it back by the function it got, once.
 */
export async function takeSnapshotSlot(db: Database, waitMs: number): Promise<() => void> {
  const slots = slotsOf(db)
  if (slots.taken >= snapshotsMax) await turn(slots, waitMs)
  else slots.taken++
  return () => {
    const next = slots.waiting.shift()
    if (next === undefined) slots.taken--
    else next()
  }
}

interface Slots {
  taken: number
  /** Each is handed the slot of one that ended. */
  readonly waiting: (() => void)[]
}

const slotsByPool = new WeakMap<Database, Slots>()

function slotsOf(db: Database): Slots {
  const slots = slotsByPool.get(db) ?? { taken: 0, waiting: [] }
  slotsByPool.set(db, slots)
  return slots
}

function turn({ waiting }: Slots, waitMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      waiting.splice(waiting.indexOf(take), 1)
      reject(new HeronryError('ServiceUnavailable', 'Too many exports at once: try again in a moment'))
    }
    const timer = setTimeout(giveUp, waitMs)
    const take = () => {
      clearTimeout(timer)
      resolve()
    }
    waiting.push(take)
  })
}
