import { parseDid } from '@heronry/core/did'
import type { ActorId, CommunityId } from '@heronry/core/ids'
import { inTransaction } from '@heronry/db/in-transaction'
import { testDatabase } from '@heronry/testing/postgres'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { appendEvents } from './append-events.ts'
import { identityEvent } from './event.ts'
import { ensureEventPartitions } from './partitions.ts'

const did = parseDid('did:plc:ewvi7nxzyoun6zhxrhs64oiz')
const events = [identityEvent({ did, time: new Date() })]
const heron = { actorId: 1n as ActorId, communityId: 1 as CommunityId, events }
const hourMs = 3_600_000

async function partitionNames(db: Parameters<typeof ensureEventPartitions>[0]): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'event'::regclass ORDER BY 1`.execute(
    db,
  )
  return rows.map(({ name }) => name)
}

test('partitions reach from the hour before to 48 hours ahead, and no event fits elsewhere', async () => {
  await using database = await testDatabase()
  const clock = { now: () => 1000 * hourMs + 1 }
  await ensureEventPartitions(database.db, { clock })
  const names = await partitionNames(database.db)
  expect(names).toHaveLength(50)
  expect(names).toContain('event_h999')
  expect(names).toContain('event_h1048')
  const append = inTransaction(database.db, { name: 'test' }, (tx) => appendEvents(tx, heron))
  await expect(append).rejects.toThrow('no partition of relation "event"')
})

test('any number of callers at once make each partition once', async () => {
  await using database = await testDatabase()
  await Promise.all(Array.from({ length: 6 }, () => ensureEventPartitions(database.db)))
  await ensureEventPartitions(database.db)
  expect(await partitionNames(database.db)).toHaveLength(50)
})

test('an hour later one more partition is made, while a writer holds its lock on the table', async () => {
  await using database = await testDatabase()
  const now = Date.now()
  await ensureEventPartitions(database.db, { clock: { now: () => now } })
  await inTransaction(database.db, { name: 'writer' }, async (tx) => {
    await appendEvents(tx, heron)
    await ensureEventPartitions(database.db, { clock: { now: () => now + hourMs } })
    await appendEvents(tx, heron)
  })
  expect(await partitionNames(database.db)).toHaveLength(51)
  expect(await database.db.selectFrom('event').select('id').execute()).toHaveLength(2)
})
