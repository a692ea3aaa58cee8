import type pg from 'pg'
import { openSession } from '../src/leader/session.ts'
import { stamp } from '../src/leader/stamp.ts'
import { beginTerm, type Term } from '../src/leader/term.ts'
import type { cuttingProxy } from './cutting-proxy.ts'
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

/** Ours, as leaders run it; announced is what stands in `event_seq`. */
export async function snapshotDifference(control: pg.Client, leaders: Leaders) {
  const announced: Announced[] = []
  const { rows: start } = await control.query('SELECT last_seq FROM seq_state')
  let heard = start[0].last_seq
  await leaders.begin()
  return {
    announced,
    async tick() {
      await leaders.stamp()
      const text = `SELECT e.actor_id::int AS "actorId", seq_at::int AS number, s.seq FROM event_seq s
         JOIN event e ON e.hour = s.hour AND e.id = s.event_id WHERE s.seq > $1 ORDER BY s.seq`
      const { rows } = await control.query({ name: 'announced', text, values: [heard] })
      announced.push(...rows)
      heard = rows.at(-1)?.seq ?? heard
    },
  }
}

export type Leaders = Awaited<ReturnType<typeof leadersOf>>

/** Two leaders by way of `proxy`, one of whom has the term; their statements are planned once, for any number of schedules. */
export async function leadersOf(control: pg.Client, proxy: Awaited<ReturnType<typeof cuttingProxy>>) {
  let [session, other] = [await openSession(proxy.url), await openSession(proxy.url)]
  let term: Term
  let terms = 0
  async function begin(): Promise<void> {
    await control.query('UPDATE seq_state SET lease_until = NULL')
    const begun = await beginTerm(session, { leader: `leader-${terms++}` })
    if (begun === null) throw new Error('The lease was not free')
    term = begun
  }
  return {
    begin,
    async stamp(): Promise<void> {
      const stamped = await stamp(session, term)
      if (stamped === null) throw new Error('The leader has lost its term')
      term = stamped
    },
    /** The other takes over; returns what the first one gets when it goes on as if nothing had happened. */
    async takeOver(): Promise<Term | null> {
      const [stale, staleTerm] = [session, term]
      session = other
      other = stale
      await begin()
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
      await begin()
      return term.lastSeq > lastSeq
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([session, other].map((it) => it[Symbol.asyncDispose]()))
    },
  }
}
