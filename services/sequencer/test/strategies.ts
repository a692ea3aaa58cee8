import type pg from 'pg'
import { type LeaderSession, openSession } from '../src/leader/session.ts'
import { stamp } from '../src/leader/stamp.ts'
import { beginTerm, type Term } from '../src/leader/term.ts'
import type { Announced } from './stamping-house.ts'

/** A way to put events in an order: each tick announces what is new, for good. */
export interface Strategy {
  tick(): Promise<void>
  readonly announced: readonly Announced[]
}

const columns = `actor_id::int AS "actorId", seq_at::int AS number, id, xid`

/** The first shortcut: what has a greater id than the last one is new. Wrong: ids become visible out of order. */
export async function greaterId(client: pg.Client): Promise<Strategy> {
  const { rows: start } = await client.query('SELECT coalesce(max(id), 0) AS id FROM event')
  let last = start[0].id
  const announced: Announced[] = []
  return {
    announced,
    async tick() {
      const { rows } = await client.query(`SELECT ${columns} FROM event WHERE id > $1 ORDER BY id`, [last])
      announced.push(...rows)
      last = rows.at(-1)?.id ?? last
    },
  }
}

/**
 * The second: transactions below the oldest running one, in the order of their xids. Nothing is lost, but a writer has its
 * xid before it waits for the row lock, so that the xids of one actor's events do not follow the lock.
 */
export async function xminHorizon(client: pg.Client): Promise<Strategy> {
  const { rows: start } = await client.query('SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xid')
  let horizon = start[0].xid
  const announced: Announced[] = []
  return {
    announced,
    async tick() {
      const { rows } = await client.query(
        `SELECT ${columns}, pg_snapshot_xmin(pg_current_snapshot()) AS horizon FROM event
         WHERE xid >= $1 AND xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY xid, id`,
        [horizon],
      )
      announced.push(...rows)
      horizon = rows.at(-1)?.horizon ?? horizon
    },
  }
}

/** Ours, as the leader runs it; announced is what stands in `event_seq`. */
export async function snapshotDifference(control: pg.Client, databaseUrl: string) {
  const announced: Announced[] = []
  const { rows: start } = await control.query('SELECT last_seq FROM seq_state')
  let heard = start[0].last_seq
  let leader = await newLeader(control, databaseUrl)
  return {
    announced,
    get term() {
      return leader.term
    },
    async tick() {
      const term = await stamp(leader.session, leader.term)
      if (term === null) throw new Error('The leader has lost its term')
      leader.term = term
      const { rows } = await control.query(
        `SELECT e.actor_id::int AS "actorId", seq_at::int AS number, s.seq FROM event_seq s
         JOIN event e ON e.hour = s.hour AND e.id = s.event_id WHERE s.seq > $1 ORDER BY s.seq`,
        [heard],
      )
      announced.push(...rows)
      heard = rows.at(-1)?.seq ?? heard
    },
    /** Another leader takes over; returns what the first one gets when it goes on as if nothing had happened. */
    async takeOver(): Promise<Term | null> {
      const stale = leader
      leader = await newLeader(control, databaseUrl)
      const outcome = await stamp(stale.session, stale.term)
      await stale.session[Symbol.asyncDispose]()
      return outcome
    },
    async [Symbol.asyncDispose]() {
      await leader.session[Symbol.asyncDispose]()
    },
  }
}

let leaders = 0

async function newLeader(
  control: pg.Client,
  databaseUrl: string,
): Promise<{ session: LeaderSession; term: Term }> {
  await control.query('UPDATE seq_state SET lease_until = NULL')
  const session = await openSession(databaseUrl)
  const term = await beginTerm(session, { leader: `leader-${leaders++}` })
  if (term === null) throw new Error('The lease was not free')
  return { session, term }
}
