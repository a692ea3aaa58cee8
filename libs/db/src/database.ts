import { Kysely, type PostgresCursorConstructor, PostgresDialect, type PostgresPool } from 'kysely'
import pg from 'pg'
import { CopyCursor } from './copy-cursor.ts'
import { preparingClient } from './preparing-client.ts'
import type { Tables } from './tables.ts'

export type Database = Kysely<Tables>

export interface DatabaseOptions {
  /** A libpq connection string. */
  url: string
  /** Connections this process may hold. */
  poolMax: number
  /** Shown in pg_stat_activity. */
  applicationName: string
  /** Taken on by every connection at its start; the user who connects must be a member of it. */
  role?: string | undefined
  /** Called for the error of an idle connection (the server went away); the pool replaces the connection by itself. */
  onIdleError: (error: Error) => void
  /** Told how long each caller waited for a connection. */
  onWaited?: (seconds: number) => void
}

/**
 * Opens a pool. A 64-bit integer column is read as a `bigint`, and every session has the house's guard rails: a
 * statement may take 30 s, a transaction may sit idle for 10 s.
 *
 * Ended by `db.destroy()`.
 */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    Client: preparingClient(),
    connectionString: options.url,
    max: options.poolMax,
    application_name: options.applicationName,
    options: sessionSettings(options),
    connectionTimeoutMillis: 10_000,
    statement_timeout: 30_000,
    idle_in_transaction_session_timeout: 10_000,
    types: { getTypeParser },
  })
  pool.on('error', options.onIdleError)
  // A connection that dies between two statements of a transaction fails the next one; unheard, the event ends the process.
  pool.on('connect', (client) => client.on('error', () => {}))
  const db = new Kysely<Tables>({
    dialect: new PostgresDialect({
      pool: timed(pool, options),
      cursor: CopyCursor as PostgresCursorConstructor,
    }),
  })
  pools.set(db, pool)
  return db
}

/**
 * Statements are prepared, and written for keys in arrays: their plan is the same whatever is asked. Left to choose, Postgres plans most of
 * them anew each time, for it takes a plan for two keys to be cheaper than one for the ten that it assumes.
 */
function sessionSettings({ role }: DatabaseOptions): string {
  const settings = ['plan_cache_mode=force_generic_plan', ...(role === undefined ? [] : [`role=${role}`])]
  return settings.map((setting) => `-c ${setting}`).join(' ')
}

export interface PoolUse {
  /** Connections lent out. */
  readonly inUse: number
  /** Callers without one. */
  readonly waiting: number
}

const pools = new WeakMap<Database, pg.Pool>()

export function poolUse(db: Database): PoolUse {
  const pool = pools.get(db)
  if (pool === undefined) throw new Error('This database was not opened by openDatabase')
  return { inUse: pool.totalCount - pool.idleCount, waiting: pool.waitingCount }
}

/** A connection of the pool for what Kysely does not know, to be given back by its `release`. Not within a transaction. */
export async function poolClient(db: Database): Promise<pg.PoolClient> {
  const pool = pools.get(db)
  if (pool === undefined) throw new Error('This database was not opened by openDatabase')
  return await pool.connect()
}

/** The pool as Kysely uses it, its waits told. */
function timed(pool: pg.Pool, { onWaited }: DatabaseOptions): PostgresPool {
  if (onWaited === undefined) return pool
  return {
    options: pool.options,
    async connect() {
      const askedAt = performance.now()
      const client = await pool.connect()
      onWaited((performance.now() - askedAt) / 1000)
      return client
    },
    end: () => pool.end(),
  }
}

const int8 = 20

function getTypeParser(oid: number, format?: 'text' | 'binary') {
  return oid === int8 ? BigInt : pg.types.getTypeParser(oid, format as 'text')
}
