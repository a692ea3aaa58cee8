import { blobHandlers } from '@heronry/blobs/blob-handlers'
import type { ActorId } from '@heronry/core/ids'
import { eventKinds } from '@heronry/events/event'
import { createWorker } from '@heronry/jobs/worker'
import { storeHandlers } from '@heronry/repo/drop-store'
import { createRepoEngine } from '@heronry/repo/engine'
import { prepareWrites } from '@heronry/repo/prepare-writes'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type SignUpHouse, signUpHouse, someone } from '../test/sign-up-house.ts'
import type { Actor } from './actor.ts'
import { createAccount } from './create-account.ts'
import { deleteAccount } from './delete-account.ts'

let house: SignUpHouse
beforeAll(async () => {
  house = await signUpHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

test('of a deleted account nothing is left but its last event, and a neighbour has lost nothing', async () => {
  const { db, deps } = house
  const [gone, neighbour] = [await withRecords(), await withRecords()]
  const { store_id } = await db
    .selectFrom('repo')
    .select('store_id')
    .where('actor_id', '=', gone.id)
    .executeTakeFirstOrThrow()
  const kept = await rowsOf(neighbour.id, await storeOf(neighbour.id))
  expect(await deleteAccount(deps, gone.id)).toBe(true)
  expect(await deleteAccount(deps, gone.id)).toBe(false)
  await db
    .updateTable('job_outbox')
    .set({ run_at: new Date(0) })
    .where('name', '=', 'drop-store')
    .execute()
  const stop = new AbortController()
  // What deletes objects runs by its own schedule: here there are none.
  const handlers = [...storeHandlers({ db }), ...blobHandlers({ db } as never)].filter(
    ({ everyMs }) => everyMs === undefined,
  )
  const running = createWorker({ db, logger: deps.logger, handlers }).run(stop.signal)
  const blob = { state: 0, orphan_since: Number.NEGATIVE_INFINITY, takedown_ref: 'x' }
  await vi.waitFor(
    async () => expect(await rowsOf(gone.id, store_id)).toEqual({ blobs: [blob], counts: Array(9).fill(0) }),
    10_000,
  )
  stop.abort()
  await running
  expect(await rowsOf(neighbour.id, await storeOf(neighbour.id))).toEqual(kept)
  const events = await db
    .selectFrom('event')
    .select('kind')
    .where('actor_id', '=', gone.id)
    .orderBy('id')
    .execute()
  expect(events.map(({ kind }) => kind)).toEqual([3, 4, 1, 2, 1, eventKinds.deletion])
})

test('of two that delete an account at once one does, and it is announced once', async () => {
  const actor = await withRecords()
  const done = await Promise.all([1, 2, 3].map(() => deleteAccount(house.deps, actor.id)))
  expect(done.sort()).toEqual([false, false, true])
  const announced = await house.db
    .selectFrom('event')
    .select('id')
    .where('actor_id', '=', actor.id)
    .where('kind', '=', eventKinds.deletion)
    .execute()
  expect(announced).toHaveLength(1)
})

async function withRecords(): Promise<Actor> {
  const { db, deps } = house
  const { actor } = await createAccount(deps, someone(house.here))
  const engine = createRepoEngine({ db, vault: deps.vault, clock: deps.clock, logger: deps.logger })
  const record = { subject: 'did:plc:abc', createdAt: new Date().toISOString() }
  const records = Array.from({ length: 150 }, () => ({
    action: 'create' as const,
    collection: 'com.example.thing',
    record: {},
  }))
  const follow = { action: 'create' as const, collection: 'app.bsky.graph.follow', record }
  await engine.apply({
    actor,
    writes: prepareWrites({ writes: [...records, follow], validate: false, clock: deps.clock }),
  })
  await db
    .insertInto('blob')
    .values({
      actor_id: actor.id,
      cid: Buffer.alloc(32),
      object_key: `k${actor.id}`,
      mime: 'a/b',
      size: 1n,
      takedown_ref: 'x',
    })
    .execute()
  return actor
}

async function storeOf(actorId: ActorId): Promise<bigint> {
  const { store_id } = await house.db
    .selectFrom('repo')
    .select('store_id')
    .where('actor_id', '=', actorId)
    .executeTakeFirstOrThrow()
  return store_id
}

async function rowsOf(actorId: ActorId, storeId: bigint) {
  const counts: number[] = []
  for (const [table, column, value] of [
    ...(['account', 'session', 'signing_key', 'repo'] as const).map(
      (name) => [name, 'actor_id', actorId] as const,
    ),
    ['actor', 'id', actorId] as const,
    ...(['record', 'mst_node', 'backlink', 'record_blob'] as const).map(
      (name) => [name, 'store_id', storeId] as const,
    ),
  ]) {
    const { rows } = await sql<{
      n: bigint
    }>`SELECT count(*) AS n FROM ${sql.table(table)} WHERE ${sql.ref(column)} = ${value}`.execute(house.db)
    counts.push(Number(rows[0]?.n))
  }
  const blobs = await house.db
    .selectFrom('blob')
    .select(['state', 'orphan_since', 'takedown_ref'])
    .where('actor_id', '=', actorId)
    .execute()
  return { counts, blobs }
}
