import { poolMin } from '@heronry/core/limits'
import { testDatabase } from '@heronry/testing/postgres'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { Database } from './database.ts'
import { snapshotsMax } from './limits.ts'
import { openSnapshot } from './open-snapshot.ts'

test('a snapshot sees nothing of what is committed after its first query, and refuses to write', async () => {
  await using database = await testDatabase()
  await using snapshot = await openSnapshot(database.db)
  const versions = () => snapshot.tx.selectFrom('community_version').select('version').execute()
  expect(await versions()).toEqual([{ version: 0n }])
  await database.db.updateTable('community_version').set({ version: 1n }).execute()
  expect(await versions()).toEqual([{ version: 0n }])
  await expect(snapshot.tx.deleteFrom('community_version').execute()).rejects.toThrow('read-only')
})

test('its settings are those of its transaction alone', async () => {
  await using database = await testDatabase({ poolMax: 1 })
  const shown = async (db: Database) =>
    (await sql<{ jit: string }>`SELECT current_setting('jit') AS jit`.execute(db)).rows[0]?.jit
  const before = await shown(database.db)
  const other = before === 'on' ? 'off' : 'on'
  const snapshot = await openSnapshot(database.db, { settings: { jit: other } })
  expect(await shown(snapshot.tx)).toBe(other)
  await snapshot[Symbol.asyncDispose]()
  expect(await shown(database.db)).toBe(before)
})

test('a connection that dies in the middle fails the next query, not the process, and the pool goes on', async () => {
  await using database = await testDatabase({ poolMax: 2 })
  await using snapshot = await openSnapshot(database.db)
  const { rows } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(snapshot.tx)
  await sql`SELECT pg_terminate_backend(${rows[0]?.pid}, 5000)`.execute(database.db)
  await expect(sql`SELECT 1`.execute(snapshot.tx)).rejects.toThrow()
  await snapshot[Symbol.asyncDispose]()
  const asked = [1, 2, 3].map(() => sql`SELECT 1 AS one`.execute(database.db))
  expect((await Promise.all(asked)).map((result) => result.rows)).toEqual([
    [{ one: 1 }],
    [{ one: 1 }],
    [{ one: 1 }],
  ])
})

test('slow readers leave connections to everybody else: past their limit the next one is turned away', async () => {
  await using database = await testDatabase({ poolMax: poolMin })
  const snapshots = await Promise.all(Array.from({ length: snapshotsMax }, () => openSnapshot(database.db)))
  await expect(openSnapshot(database.db)).rejects.toMatchObject({ code: 'ServiceUnavailable' })
  expect((await sql`SELECT 1 AS one`.execute(database.db)).rows).toEqual([{ one: 1 }])
  await snapshots[0]?.[Symbol.asyncDispose]()
  await snapshots[0]?.[Symbol.asyncDispose]()
  snapshots[0] = await openSnapshot(database.db)
  await expect(openSnapshot(database.db)).rejects.toMatchObject({ code: 'ServiceUnavailable' })
  for (const snapshot of snapshots) await snapshot[Symbol.asyncDispose]()
})
