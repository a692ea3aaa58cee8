import { once } from 'node:events'
import { createServer } from 'node:http'
import { Database, PlcServer } from '@did-plc/server'
import pg from 'pg'

/**
 * A PLC directory for development, kept in a database of its own beside the house's. It listens on the loopback only (the
 * package by itself would listen everywhere).
 *
 * HERONRY_DATABASE_URL tells the server, HERONRY_PLC_PORT the port.
 */
const url = new URL(process.env['HERONRY_DATABASE_URL'] ?? '')
await ensureDatabase(url.toString())
url.pathname = '/plc'
const db = Database.postgres({ url: url.toString() })
await db.migrateToLatestOrThrow()
const server = createServer(PlcServer.create({ db }).app)
server.listen(Number(process.env['HERONRY_PLC_PORT']), '127.0.0.1')
await once(server, 'listening')

process.once('SIGTERM', () => {
  server.close(() => void db.close())
  server.closeAllConnections()
})

async function ensureDatabase(serverUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  try {
    const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = 'plc'")
    if (rowCount === 0) await client.query('CREATE DATABASE plc')
  } finally {
    await client.end()
  }
}
