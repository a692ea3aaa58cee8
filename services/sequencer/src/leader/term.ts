import type { Seq } from '@heronry/core/ids'
import { leaseTtlMs } from '../limits.ts'
import type { LeaderSession } from './session.ts'
import type { StampStatement } from './stamp-sql.ts'
import type { StampWindow } from './stamp-window.ts'

/**
 * One leader's hold on the numbering.
 *
 * Invariant: `epoch` and `tick` together name one state of `seq_state` (last seq, snapshot, floor), because whoever changes
 * that state counts up one of them. A statement that demands both acts on the state its caller has read, or not at all.
 */
export interface Term {
  readonly epoch: bigint
  readonly tick: bigint
  readonly lastSeq: Seq
  /** Where the next stamping has to look; unknown at the beginning. */
  readonly window?: StampWindow
  /** The stamping over the window's partitions; left out: over all of them. */
  readonly statement?: StampStatement
}

/**
 * Begins a term, where no living leader holds the lease or `leader` held it itself; null otherwise.
 *
 * Counts up the epoch, and so ends every other term, a statement of which may still be under way: whatever became of it,
 * the state returned is the state after it. kill -9 here → the lease runs out, the next leader begins a term.
 */
export async function beginTerm(
  session: LeaderSession,
  { leader }: { leader: string },
): Promise<Term | null> {
  const [row] = await session.query<TermRow>(begin, [leader, leaseTtlMs])
  return row === undefined ? null : { epoch: row.epoch, tick: row.tick, lastSeq: Number(row.last_seq) as Seq }
}

/** Begins a term whoever leads: the operator's. Ends that of a leader that works, which begins another when the lease is free again. */
export async function seizeTerm(session: LeaderSession, { leader }: { leader: string }): Promise<Term> {
  const [row] = await session.query<TermRow>(seize, [leader, leaseTtlMs])
  if (row === undefined) throw new Error('seq_state is empty')
  return { epoch: row.epoch, tick: row.tick, lastSeq: Number(row.last_seq) as Seq }
}

/** Keeps the lease for another `leaseTtlMs`; false when the term has ended. */
export async function renewTerm(session: LeaderSession, { epoch }: Term): Promise<boolean> {
  const rows = await session.query(renew, [epoch, leaseTtlMs])
  return rows.length === 1
}

/** Gives the lease back, so that the next leader need not wait for it to run out. */
export async function endTerm(session: LeaderSession, { epoch }: Term): Promise<void> {
  await session.query(renew, [epoch, 0])
}

interface TermRow {
  epoch: bigint
  tick: bigint
  last_seq: bigint
}

const seize = {
  name: 'seize-term',
  text: `UPDATE seq_state SET epoch = epoch + 1, leader = $1, lease_until = clock_timestamp() + $2 * interval '1 ms'
    RETURNING epoch, tick, last_seq`,
}

const begin = {
  name: 'begin-term',
  text: `UPDATE seq_state SET epoch = epoch + 1, leader = $1, lease_until = clock_timestamp() + $2 * interval '1 ms'
    WHERE leader = $1 OR lease_until IS NULL OR lease_until <= clock_timestamp()
    RETURNING epoch, tick, last_seq`,
}

const renew = {
  name: 'renew-term',
  text: `UPDATE seq_state SET lease_until = clock_timestamp() + $2 * interval '1 ms' WHERE epoch = $1 RETURNING epoch`,
}
