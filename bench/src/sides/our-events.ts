import pg from 'pg'
import type { EventTable } from './event-table.ts'

/**
 * Rows of `event`, as writes leave them: with an id, a transaction and an hour of their own. The leader finds them at its next look;
 * nobody wakes it.
 */
export async function openOurEvents(databaseUrl: string, templates: number): Promise<EventTable> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'bench' })
  await client.connect()
  // Appending counts for ours: it shall cost no more than it must.
  await client.query('SET plan_cache_mode = force_generic_plan')
  const { rows } = await client.query<{ columns: string }>(
    `SELECT string_agg(column_name, ', ') AS columns FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name = 'event' AND column_default IS NULL`,
  )
  const columns = rows[0]?.columns
  await client.query(
    `CREATE TEMP TABLE template AS SELECT row_number() OVER (ORDER BY id) - 1 AS n, ${columns}
     FROM (SELECT * FROM event ORDER BY id DESC LIMIT ${templates}) AS newest`,
  )
  const text = `INSERT INTO event (${columns}) SELECT ${columns}
    FROM generate_series($1::int, $2::int) AS place JOIN template ON n = place % ${templates} ORDER BY place`
  let place = 0
  return {
    lastSeq: async () => {
      const { rows } = await client.query<{ last_seq: string }>('SELECT last_seq FROM seq_state')
      return Number(rows[0]?.last_seq)
    },
    append: async (count) => {
      await client.query({ name: 'append', text, values: [place, place + count - 1] })
      place += count
    },
    [Symbol.asyncDispose]: () => client.end(),
  }
}
