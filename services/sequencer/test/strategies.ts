import { isDeepStrictEqual } from 'node:util'
import type pg from 'pg'
import { type LeaderSession, openSession } from '../src/leader/session.ts'
import { stamp } from '../src/leader/stamp.ts'
import { beginTerm, type Term } from '../src/leader/term.ts'
import { cuttingProxy } from './cutting-proxy.ts'
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
      const text = `SELECT ${columns} FROM event WHERE id > $1 ORDER BY id`
      const { rows } = await client.query({ name: 'greater-id', text, values: [last] })
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
      const text = `SELECT ${columns}, pg_snapshot_xmin(pg_current_snapshot()) AS horizon FROM event
         WHERE xid >= $1 AND xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY xid, id`
      const { rows } = await client.query({ name: 'xmin-horizon', text, values: [horizon] })
      announced.push(...rows)
      horizon = rows.at(-1)?.horizon ?? horizon
    },
  }
}

/**
 * Ours, as leaders run it; announced is what stands in `event_seq`. Of two leaders one has the term. Their connections, by a wire that can
 * be cut, serve any number of schedules, so that their statements are planned once.
 */
export async function snapshotDifference(control: pg.Client, databaseUrl: string) {
  const proxy = await cuttingProxy(databaseUrl)
  let [session, other] = [await openSession(proxy.url), await openSession(proxy.url)]
  let term = await newTerm(control, session)
  let announced: Announced[] = []
  const { rows: start } = await control.query('SELECT last_seq FROM seq_state')
  let heard = start[0].last_seq
  return {
    get announced() {
      return announced
    },
    get term() {
      return term
    },
    /** Begins another schedule, in a term of its own: nothing is announced of it. */
    async begin(): Promise<void> {
      term = await newTerm(control, session)
      announced = []
    },
    async tick(): Promise<void> {
      const { lastSeq } = term
      const stamped = await stamp(session, term)
      if (stamped === null) throw new Error('The leader has lost its term')
      term = stamped
      const text = `SELECT e.actor_id::int AS "actorId", seq_at::int AS number, s.seq FROM event_seq s
         JOIN event e ON e.hour = s.hour AND e.id = s.event_id WHERE s.seq > $1 ORDER BY s.seq`
      const { rows } = await control.query({ name: 'announced', text, values: [heard] })
      // What the stamping says it has numbered is what can be read.
      const said = stamped.events?.map((it) => ({
        actorId: Number(it.actorId),
        number: it.seqAt,
        seq: it.seq,
      }))
      const read = rows.map((row) => ({ ...row, seq: Number(row.seq) })).filter((row) => row.seq > lastSeq)
      if (!isDeepStrictEqual(said ?? [], read)) throw new Error('The stamping has told something else')
      announced.push(...rows)
      heard = rows.at(-1)?.seq ?? heard
    },
    /** The other leader takes over; returns what the first one gets when it goes on as if nothing had happened. */
    async takeOver(): Promise<Term | null> {
      const [stale, staleTerm] = [session, term]
      session = other
      other = stale
      term = await newTerm(control, session)
      return await stamp(stale, staleTerm)
    },
    /** The connection is cut between the commit of a stamping and its answer; returns whether it had numbered something. */
    async loseAnswer(): Promise<boolean> {
      const { lastSeq } = term
      proxy.cutNextAnswer()
      const lost = await stamp(session, term).then(
        () => false,
        () => true,
      )
      if (!lost) throw new Error('The answer has come')
      await session[Symbol.asyncDispose]()
      session = await openSession(proxy.url)
      term = await newTerm(control, session)
      return term.lastSeq > lastSeq
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([session, other].map((it) => it[Symbol.asyncDispose]()))
      await proxy[Symbol.asyncDispose]()
    },
  }
}

let terms = 0

async function newTerm(control: pg.Client, session: LeaderSession): Promise<Term> {
  await control.query('UPDATE seq_state SET lease_until = NULL')
  const term = await beginTerm(session, { leader: `leader-${terms++}` })
  if (term === null) throw new Error('The lease was not free')
  return term
}
