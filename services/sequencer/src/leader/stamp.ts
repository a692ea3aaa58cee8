import type { ActorId, CommunityId, Seq } from '@heronry/core/ids'
import type { ChunkEvent } from '@heronry/events/chunk'
import type { EventKind } from '@heronry/events/event'
import type { LeaderSession } from './session.ts'
import { stampEverywhere, stampHours } from './stamp-sql.ts'
import { hoursOf, type StampWindow, windowAfter } from './stamp-window.ts'
import type { Term } from './term.ts'

/** A term after a stamping. */
export interface StampedTerm extends Term {
  /** All that it has numbered, by seq; left out where that is more than a chunk holds, or whoever reads it has to pass something over. */
  readonly events?: readonly ChunkEvent[]
}

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
export async function stamp(session: LeaderSession, term: Term): Promise<StampedTerm | null> {
  const { epoch, tick, lastSeq, window: before, statement } = term
  const moves = before?.ripe ?? false
  const values = [epoch, tick, moves]
  const rows = await (statement === undefined
    ? session.query<Outcome>(stampEverywhere, values)
    : session.query<Outcome>(statement, [...values, statement.lastHour]))
  const [row] = rows
  if (row === undefined || !row.held) return null
  const stored = row.last_seq !== null
  if (!stored && !row.late && (row.fresh > 0n || moves)) return null
  const sight = { hour: row.hour, xmin: BigInt(row.xmin), xmax: BigInt(row.xmax), stored }
  const seen = windowAfter(before, sight)
  // The hour has turned twice while the statement was under way: it may not have seen all, and has written nothing.
  const window = row.late ? { ...seen, from: null } : seen
  const next = await withStatement(session, { epoch, tick, lastSeq, window, statement }, before)
  if (!stored) return next
  const events = rows.filter(isEvent).map((event) => eventAfter(lastSeq, event))
  const stamped = { ...next, tick: tick + 1n, lastSeq: Number(row.last_seq) as Seq }
  return events.length > 0 ? { ...stamped, events } : stamped
}

/** With the statement for its window: another one than before where the window has moved. */
async function withStatement(
  session: LeaderSession,
  { statement, ...term }: Omit<Term, 'statement'> & { window: StampWindow; statement: Term['statement'] },
  before: StampWindow | undefined,
): Promise<Term> {
  const { window } = term
  if (window.from === before?.from && window.latest === before?.latest && statement !== undefined) {
    return { ...term, statement }
  }
  if (statement !== undefined) await session.forget(statement)
  const hours = hoursOf(window)
  if (hours === null) return term
  const rows = await session.query<{ hour: number }>(attachedHours, [hours])
  const attached = new Set(rows.map(({ hour }) => hour))
  // Where events may appear there must be a partition by now: one that is attached later would not be seen.
  if (hours.slice(1).some((hour) => !attached.has(hour))) return term
  return { ...term, statement: stampHours(hours.filter((hour) => attached.has(hour))) }
}

const attachedHours = {
  name: 'attached-hours',
  text: `SELECT hour FROM unnest($1::int[]) AS hour JOIN pg_inherits i ON i.inhrelid = to_regclass('event_h' || hour)
    WHERE i.inhparent = 'event'::regclass`,
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
  /** From here on an event's; null in a row without one. */
  n: bigint | null
  community_id: CommunityId | null
  actor_id: ActorId | null
  kind: EventKind | null
  seq_at: number | null
  body: Buffer | null
}

type EventRow = { [Column in keyof Outcome]: NonNullable<Outcome[Column]> }

function isEvent(row: Outcome): row is Outcome & EventRow {
  return row.n !== null
}

/** Numbers are given without gaps, from the last one before on. */
function eventAfter(lastSeq: Seq, { n, community_id, actor_id, kind, seq_at, body }: EventRow): ChunkEvent {
  const seq = (lastSeq + Number(n)) as Seq
  return { seq, communityId: community_id, actorId: actor_id, kind, seqAt: seq_at, body }
}
