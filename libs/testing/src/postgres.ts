import { randomBytes } from 'node:crypto'
import { type Database, openDatabase } from '@heronry/db/database'
import { migrateToLatest } from '@heronry/db/migrate'
import pg from 'pg'

/** A migrated, empty database of its own on the test run's Postgres; dropped when disposed. */
export interface TestDatabase extends AsyncDisposable {
  db: Database
  url: string
  /** The same with the rights of a role, as the service that it belongs to has it. */
  as(role: string): Database
}

const templateName = 'heronry_template'
const templateLock = 4_072_025

/** One database per test file: a copy of the template, which the first caller of a run makes. */
export async function testDatabase({ poolMax = 10 } = {}): Promise<TestDatabase> {
  const name = `heronry_test_${randomBytes(6).toString('hex')}`
  await asAdministrator(async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [templateLock])
    await ensureTemplate(client)
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${templateName}`)
  })
  const url = databaseUrl(name)
  const db = openTestDatabase(url, { poolMax })
  const opened = [db]
  return {
    db,
    url,
    as(role) {
      const confined = openTestDatabase(url, { poolMax, role })
      opened.push(confined)
      return confined
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((it) => it.destroy()))
      await asAdministrator((client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))
    },
  }
}

async function ensureTemplate(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [templateName])
  if (rowCount === 0) await client.query(`CREATE DATABASE ${templateName}`)
  const template = openTestDatabase(databaseUrl(templateName), { poolMax: 1 })
  await migrateToLatest(template).finally(() => template.destroy())
}

async function asAdministrator<T>(body: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: databaseUrl('postgres') })
  await client.connect()
  try {
    return await body(client)
  } finally {
    await client.end()
  }
}

function openTestDatabase(url: string, options: { poolMax: number; role?: string }): Database {
  // A dropped database cuts its idle connections: the test that owned them has ended.
  return openDatabase({ url, ...options, applicationName: 'heronry-test', onIdleError: () => {} })
}

function databaseUrl(name: string): string {
  const server = process.env['HERONRY_TEST_DATABASE_URL']
  if (server === undefined)
    throw new Error('HERONRY_TEST_DATABASE_URL is not set: run the tests by `npm test`')
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.toString()
}
