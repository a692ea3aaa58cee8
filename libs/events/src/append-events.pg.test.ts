import { parseDid } from '@heronry/core/did'
import type { ActorId, CommunityId } from '@heronry/core/ids'
import { inTransaction } from '@heronry/db/in-transaction'
import { testDatabase } from '@heronry/testing/postgres'
import { expect, test } from 'vitest'
import { appendEvents } from './append-events.ts'
import { accountEvent, identityEvent } from './event.ts'
import { ensureEventPartitions } from './partitions.ts'

const time = new Date()
const did = parseDid('did:plc:ewvi7nxzyoun6zhxrhs64oiz')
const events = [identityEvent({ did, time }), accountEvent({ did, active: true, time })]
const heron = { actorId: 1n as ActorId, communityId: 1 as CommunityId, events }
const stork = { actorId: 2n as ActorId, communityId: 2 as CommunityId, events: events.slice(0, 1) }

test('the events of one call get rising ids in the order given, each for its actor and community', async () => {
  await using database = await testDatabase()
  await ensureEventPartitions(database.db)
  await inTransaction(database.db, { name: 'test' }, async (tx) => {
    await appendEvents(tx, heron)
    await appendEvents(tx, stork)
    await appendEvents(tx, { ...stork, events: [] })
  })
  const rows = await database.db.selectFrom('event').selectAll().orderBy('id').execute()
  expect(rows.map((row) => [row.actor_id, row.community_id, row.kind, row.seq_at])).toEqual([
    [1n, 1, 3, events[0]?.seqAt],
    [1n, 1, 4, events[1]?.seqAt],
    [2n, 2, 3, events[0]?.seqAt],
  ])
  expect(rows.map((row) => Buffer.from(row.body))).toEqual(
    [...events, ...stork.events].map((event) => Buffer.from(event.body)),
  )
  expect(new Set(rows.map((row) => row.xid)).size).toBe(1)
})

test('the events of a transaction that rolls back were never there', async () => {
  await using database = await testDatabase()
  await ensureEventPartitions(database.db)
  const failing = inTransaction(database.db, { name: 'test' }, async (tx) => {
    await appendEvents(tx, heron)
    throw new Error('rolled back')
  })
  await expect(failing).rejects.toThrow('rolled back')
  expect(await database.db.selectFrom('event').select('id').execute()).toEqual([])
})
