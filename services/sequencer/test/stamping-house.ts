import { ensureEventPartitions } from '@heronry/events/partitions'
import { testDatabase } from '@heronry/testing/postgres'
import pg from 'pg'
import { ensureEventSeqPartitions } from '../src/leader/event-seq-partitions.ts'

const repoColumns = `actor_id, store_id, head, rev, data, commit, record_count, byte_count, writable, published`

/**
 * A database in which writers step by step do what a commit does: lock the actor's `repo` row, draw an id, commit.
 *
 * The number of an actor's event is counted in its `repo` row, under the lock, and kept in `event.seq_at`: whatever is rolled
 * back is not counted, so the truth of an actor is 1, 2, 3 … without a gap.
 */
export async function stampingHouse() {
  const database = await testDatabase()
  await ensureEventPartitions(database.db)
  await ensureEventSeqPartitions(database.db, { lastSeq: 0 as never })
  const clients: pg.Client[] = []
  async function connect(): Promise<pg.Client> {
    // Planned once: a plan for each execution would be most of what a schedule costs.
    const options = '-c plan_cache_mode=force_generic_plan'
    const client = new pg.Client({ connectionString: database.url, options })
    client.on('error', () => {})
    await client.connect()
    clients.push(client)
    return client
  }
  const control = await connect()
  return {
    ...database,
    control,
    connect,
    /** Makes the actors' repos; actors of odd and even ids belong to different communities. */
    async addRepos(actorIds: readonly number[]): Promise<void> {
      for (const actorId of actorIds) {
        await control.query(
          `INSERT INTO repo (${repoColumns}) VALUES ($1, $1, '', 0, '', '', 0, 0, true, true)`,
          [actorId],
        )
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.end()))
      await database[Symbol.asyncDispose]()
    },
  }
}

/** One commit of one event. */
export async function commitOne(client: pg.Client, actorId: number): Promise<void> {
  await client.query('BEGIN')
  await appendUnderLock(client, actorId)
  await client.query('COMMIT')
}

/** What one write does inside its transaction; waits while another writer holds the actor's row. */
export async function appendUnderLock(client: pg.Client, actorId: number): Promise<void> {
  const { rows } = await client.query({
    name: 'lock',
    text: `UPDATE repo SET record_count = record_count + 1 WHERE actor_id = $1 RETURNING record_count`,
    values: [actorId],
  })
  await client.query({
    name: 'append',
    text: `INSERT INTO event (actor_id, community_id, kind, seq_at, body) VALUES ($1, $2, 1, $3, '')`,
    values: [actorId, actorId % 2, rows[0].record_count],
  })
}

/** An event as a strategy announced it: the actor, and which of its events it is. */
export interface Announced {
  readonly actorId: number
  readonly number: number
}

/** What is wrong with an announcement of `actorIds`: lost, doubled or reordered events; nothing, where it is the truth. */
export async function faultsOf(
  control: pg.Client,
  actorIds: readonly number[],
  announced: readonly Announced[],
) {
  const { rows } = await control.query(`SELECT actor_id::int AS id, record_count::int AS count FROM repo`)
  const counts = new Map(rows.map((row) => [row.id as number, row.count as number]))
  return actorIds.flatMap((actorId) => {
    const truth = Array.from({ length: counts.get(actorId) ?? 0 }, (_, index) => index + 1)
    const heard = announced.filter((event) => event.actorId === actorId).map((event) => event.number)
    return truth.join() === heard.join() ? [] : [{ actorId, truth: truth.join(), heard: heard.join() }]
  })
}
