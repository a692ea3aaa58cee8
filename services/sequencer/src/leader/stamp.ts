import type { Seq } from '@heronry/core/ids'
import type { LeaderSession } from './session.ts'
import { stampEverywhere, stampHours } from './stamp-sql.ts'
import { hoursOf, windowAfter } from './stamp-window.ts'
import type { Term } from './term.ts'

/**
 * Numbers every event that has become visible since the term's snapshot, in one statement and so in one transaction.
 * Returns the term after it, or null if the term has ended; `lastSeq` is as before where there was nothing.
 *
 * An event is new iff its transaction was not yet visible to the snapshot before: xid >= xmax, or xid in xip. The statement
 * sees it iff it is committed now. So each event is stamped once, by the first tick that sees it, whatever order the ids and
 * xids were drawn in. Writers of one actor queue behind its row lock, and leave the list of running transactions before
 * they release it: a later event is never visible without the earlier, and within a tick the ids follow the lock.
 *
 * The statement's own snapshot becomes the next one's `before`; it is the one by which `event` was read. Where the term has
 * ended in the meantime, the UPDATE waits for its successor, finds another epoch or tick, and nothing is inserted.
 * No event, no write: an idle tick leaves nothing in the log, but for one that moves the window (stamp-window.ts) on, twice an hour.
 *
 * A rejected promise means an unknown outcome: begin another term. kill -9 here → Postgres has done all of it or nothing.
 */
export async function stamp(session: LeaderSession, term: Term): Promise<Term | null> {
  const hours = hoursOf(term.window)
  const moves = term.window?.ripe ?? false
  const [row] = await session.query<Outcome>(
    hours === null ? stampEverywhere : stampHours,
    hours === null ? [term.epoch, term.tick, moves] : [term.epoch, term.tick, moves, ...hours],
  )
  if (row === undefined || !row.held) return null
  const stored = row.last_seq !== null
  const sight = { hour: row.hour, xmin: BigInt(row.xmin), xmax: BigInt(row.xmax), stored }
  const window = windowAfter(term.window, sight)
  if (stored) return { ...term, tick: term.tick + 1n, lastSeq: Number(row.last_seq) as Seq, window }
  // The hour has turned twice while the statement was under way: it may not have seen all, and has written nothing.
  if (row.late) return { ...term, window: { ...window, from: null } }
  return row.fresh === 0n && !moves ? { ...term, window } : null
}

interface Outcome {
  held: boolean
  late: boolean
  fresh: bigint
  last_seq: bigint | null
  /** When the statement began, which is before its snapshot. */
  hour: number
  xmin: string
  xmax: string
}
