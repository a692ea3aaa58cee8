import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Tables } from './tables.ts'

export type Database = Kysely<Tables>

export interface DatabaseOptions {
  /** A libpq connection string. */
  url: string
  /** Connections this process may hold. */
  poolMax: number
  /** Shown in pg_stat_activity. */
  applicationName: string
  /** Called for the error of an idle connection (the server went away); the pool replaces the connection by itself. */
  onIdleError: (error: Error) => void
}

/**
 * Opens a pool. A 64-bit integer column is read as a `bigint`, and every session has the house's guard rails: a
 * statement may take 30 s, a transaction may sit idle for 10 s.
 *
 * Ended by `db.destroy()`.
 */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolMax,
    application_name: options.applicationName,
    connectionTimeoutMillis: 10_000,
    statement_timeout: 30_000,
    idle_in_transaction_session_timeout: 10_000,
    types: { getTypeParser },
  })
  pool.on('error', options.onIdleError)
  // A connection that dies between two statements of a transaction fails the next one; unheard, the event ends the process.
  pool.on('connect', (client) => client.on('error', () => {}))
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
}

const int8 = 20

function getTypeParser(oid: number, format?: 'text' | 'binary') {
  return oid === int8 ? BigInt : pg.types.getTypeParser(oid, format as 'text')
}
