import { openDatabase } from '@heronry/db/database'
import { migrateToLatest } from '@heronry/db/migrate'
import pg from 'pg'

/** All that a logical backup has of a database: the rows as text, partitions, sequences. No transaction ids but those in columns. */
export interface LogicalDump {
  readonly rows: ReadonlyMap<string, readonly string[]>
  readonly partitions: readonly { parent: string; name: string; from: string; to: string }[]
  readonly sequences: readonly { name: string; value: string }[]
}

/**
 * What pg_dump does, of one moment: it is not among the packaged binaries, and the machine's own may be of another version.
 */
export async function dumpDatabase(url: string): Promise<LogicalDump> {
  return await connected(url, async (client) => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const rows = new Map<string, string[]>()
    for (const table of await tables(client)) {
      const found = await client.query(`SELECT t::text AS row FROM ${table} t`)
      rows.set(
        table,
        found.rows.map(({ row }) => row),
      )
    }
    const partitions = await client.query(partitionsOf)
    const sequences = await client.query(
      `SELECT sequencename AS name, last_value::text AS value FROM pg_sequences
       WHERE schemaname = 'public' AND last_value IS NOT NULL`,
    )
    return { rows, partitions: partitions.rows, sequences: sequences.rows }
  })
}

/** Makes the tables anew in an empty database and fills them, as pg_restore does. */
export async function restoreDump(url: string, { rows, partitions, sequences }: LogicalDump): Promise<void> {
  const db = openDatabase({ url, poolMax: 1, applicationName: 'restore', onIdleError: () => {} })
  await migrateToLatest(db).finally(() => db.destroy())
  await connected(url, async (client) => {
    for (const partition of partitions) await attach(client, partition)
    await client.query(`TRUNCATE ${[...rows.keys()].join(', ')}`)
    await client.query('SET session_replication_role = replica')
    for (const [table, texts] of rows) {
      await client.query(
        `INSERT INTO ${table} OVERRIDING SYSTEM VALUE SELECT (t::public.${table}).* FROM unnest($1::text[]) AS t`,
        [texts],
      )
    }
    for (const { name, value } of sequences) await client.query('SELECT setval($1, $2)', [name, value])
  })
}

/** Does nothing where the migrations have made it. */
async function attach(
  client: pg.Client,
  { parent, name, from, to }: LogicalDump['partitions'][number],
): Promise<void> {
  const { rows } = await client.query('SELECT to_regclass($1) IS NOT NULL AS there', [name])
  if (rows[0].there) return
  await client.query(`CREATE TABLE ${name} (LIKE ${parent} INCLUDING ALL)`)
  await client.query(`ALTER TABLE ${parent} ATTACH PARTITION ${name} FOR VALUES FROM (${from}) TO (${to})`)
}

/** An empty database beside the one of the URL. */
export async function createDatabase(url: string, name: string): Promise<string> {
  await connected(url, (client) => client.query(`CREATE DATABASE ${name}`))
  const created = new URL(url)
  created.pathname = `/${name}`
  return created.toString()
}

async function tables(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
     AND NOT relispartition AND relname NOT LIKE 'kysely%'`,
  )
  return rows.map(({ name }) => name)
}

const partitionsOf = `
  SELECT p.relname AS parent, c.relname AS name, bounds[1] AS "from", bounds[2] AS "to"
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent,
  regexp_match(pg_get_expr(c.relpartbound, c.oid), $$FROM \\('?(\\d+)'?\\) TO \\('?(\\d+)'?\\)$$) AS bounds
  WHERE c.relkind = 'r'`

async function connected<T>(url: string, act: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await act(client)
  } finally {
    await client.end()
  }
}
