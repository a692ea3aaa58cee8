import pg from 'pg'
import { stampMsMax } from '../limits.ts'

/** The leader's own connection to Postgres: its statements are prepared once and planned for it. */
export interface LeaderSession extends AsyncDisposable {
  /** Runs a prepared statement; 64-bit integers are read as `bigint`. Rejects when the outcome is unknown, too. */
  query<Row extends pg.QueryResultRow>(
    statement: { name: string; text: string },
    values: unknown[],
  ): Promise<Row[]>
  /** Drops a prepared statement that is not asked again. */
  forget(statement: { name: string }): Promise<void>
}

/**
 * Opens the connection. Generic plans, without sequential scans: a plan that knows no values believes that a third of
 * `event` lies beyond the snapshot, and would read all of it at every tick.
 */
export async function openSession(
  databaseUrl: string,
  { role, name = 'leader' }: { role?: string | undefined; name?: string } = {},
): Promise<LeaderSession> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: `heronry-sequencer-${name}`,
    connectionTimeoutMillis: 10_000,
    statement_timeout: stampMsMax,
    query_timeout: stampMsMax + 5_000,
    keepAlive: true,
    options: `-c enable_seqscan=off -c plan_cache_mode=force_generic_plan -c jit=off${role === undefined ? '' : ` -c role=${role}`}`,
    types: { getTypeParser },
  })
  // A lost connection is learned of by the next query, which rejects.
  client.on('error', () => {})
  await client.connect()
  // The driver remembers every name for good: one that is asked again after it was forgotten gets another.
  let forgotten = 0
  const names = new Map<string, string>()
  const nameOf = (name: string) => names.get(name) ?? name
  return {
    async query({ name, text }, values) {
      const { rows } = await client.query({ name: nameOf(name), text, values })
      return rows
    },
    async forget({ name }) {
      await client.query(`DEALLOCATE ${client.escapeIdentifier(nameOf(name))}`)
      names.set(name, `${name}-${++forgotten}`)
    },
    async [Symbol.asyncDispose]() {
      await client.end()
    },
  }
}

const int8 = 20

function getTypeParser(oid: number, format?: 'text' | 'binary') {
  return oid === int8 ? BigInt : pg.types.getTypeParser(oid, format as 'text')
}
