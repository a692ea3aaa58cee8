import { cidOf, cidString, type Digest, sha256 } from '@heronry/core/cid'
import type { ActorId } from '@heronry/core/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyHistory } from '../test/history.ts'
import { create, elsewhere, type RepoHouse, repoHouse, write } from '../test/repo-house.ts'

let house: RepoHouse
beforeAll(async () => {
  house = await repoHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

const unreferenced = 0
const referenced = 1
const deleting = 2

test('a blob is referenced from the commit that names it to the one that drops its last record', async () => {
  const engine = house.engine()
  const actor = await house.actor()
  const [cid, other] = [await upload(actor.id, 'heron'), await upload(actor.id, 'egret')]
  await engine.apply({
    actor,
    writes: [...create('one', { image: ref(cid) }), ...create('two', { image: ref(cid) })],
  })
  expect(await stateOf(actor.id, cid)).toEqual({ state: referenced, orphan_since: null })
  expect(await stateOf(actor.id, other)).toMatchObject({ state: unreferenced })
  await engine.apply({ actor, writes: write({ action: 'delete', rkey: 'one' }) })
  expect(await stateOf(actor.id, cid)).toMatchObject({ state: referenced })
  await engine.apply({ actor, writes: write({ action: 'put', rkey: 'two', record: { image: ref(other) } }) })
  expect(await stateOf(actor.id, cid)).toEqual({ state: unreferenced, orphan_since: expect.any(Date) })
  expect(await stateOf(actor.id, other)).toEqual({ state: referenced, orphan_since: null })
  await engine.apply({
    actor,
    writes: write({ action: 'put', rkey: 'two', record: { image: ref(other), text: 'again' } }),
  })
  expect(await stateOf(actor.id, other)).toMatchObject({ state: referenced })
  expect(await references(actor.id)).toEqual([cidString(other, 'raw')])
  expect(await verifyHistory(house.db, actor)).toBe(5)
})

test('a blob that is not there, is going, taken down or somebody else’s refuses the commit that names it, and no other', async () => {
  const engine = house.engine()
  const actor = await house.actor()
  const stranger = await house.actor({ communityId: elsewhere })
  const here = await upload(actor.id, 'here')
  const bad = [
    sha256(Buffer.from('nowhere')),
    await upload(actor.id, 'going', { state: deleting }),
    await upload(actor.id, 'down', { takedown_ref: 'mod-1' }),
    await upload(stranger.id, 'theirs'),
  ]
  const results = await Promise.allSettled([
    engine.apply({ actor, writes: create('fine', { image: ref(here) }) }),
    ...bad.map((cid, index) => engine.apply({ actor, writes: create(`bad-${index}`, { image: ref(cid) }) })),
    engine.apply({ actor, writes: create('fine-too', { image: ref(here) }) }),
  ])
  expect(
    results.map((result) =>
      result.status === 'fulfilled' ? 'fine' : [result.reason.code, result.reason.message],
    ),
  ).toEqual([
    'fine',
    ...bad.map((cid) => ['BlobNotFound', `Could not find blob: ${cidString(cid, 'raw')}`]),
    'fine',
  ])
  expect(await stateOf(stranger.id, bad[3] as Digest)).toMatchObject({ state: unreferenced })
  expect(await verifyHistory(house.db, actor)).toBe(3)
})

test('a blob that moves from one record to another in one commit stays referenced', async () => {
  const engine = house.engine()
  const actor = await house.actor()
  const cid = await upload(actor.id, 'moving')
  await engine.apply({ actor, writes: create('from', { image: ref(cid) }) })
  const move = [...write({ action: 'delete', rkey: 'from' }), ...create('to', { image: ref(cid) })]
  await engine.apply({ actor, writes: move })
  expect(await stateOf(actor.id, cid)).toEqual({ state: referenced, orphan_since: null })
})

test('a blob that is put and dropped within one chain was needed, and is left unreferenced', async () => {
  const engine = house.engine()
  const actor = await house.actor()
  const cid = await upload(actor.id, 'brief')
  const nowhere = sha256(Buffer.from('nowhere'))
  const results = await Promise.allSettled([
    engine.apply({ actor, writes: create('first') }),
    engine.apply({ actor, writes: create('brief', { image: ref(cid) }) }),
    engine.apply({ actor, writes: write({ action: 'delete', rkey: 'brief' }) }),
    engine.apply({ actor, writes: create('lost', { image: ref(nowhere) }) }),
    engine.apply({ actor, writes: write({ action: 'delete', rkey: 'lost' }) }),
  ])
  expect(results.map((result) => (result.status === 'fulfilled' ? 'fine' : result.reason.code))).toEqual([
    'fine',
    'fine',
    'fine',
    'BlobNotFound',
    'RecordNotFound',
  ])
  expect(await stateOf(actor.id, cid)).toMatchObject({ state: unreferenced })
  expect(await references(actor.id)).toEqual([])
  expect(await verifyHistory(house.db, actor)).toBe(4)
})

async function upload(
  actorId: ActorId,
  content: string,
  columns: { state?: number; takedown_ref?: string } = {},
) {
  const cid = sha256(Buffer.from(content))
  const row = {
    actor_id: actorId,
    cid,
    object_key: content,
    mime: 'image/png',
    size: 5n,
    orphan_since: new Date(),
    ...columns,
  }
  await house.db.insertInto('blob').values(row).execute()
  return cid
}

function ref(cid: Digest) {
  return { $type: 'blob', ref: cidOf(cid, 'raw'), mimeType: 'image/png', size: 5 }
}

function stateOf(actorId: ActorId, cid: Digest) {
  return house.db
    .selectFrom('blob')
    .select(['state', 'orphan_since'])
    .where('actor_id', '=', actorId)
    .where('cid', '=', cid)
    .executeTakeFirst()
}

async function references(actorId: ActorId): Promise<string[]> {
  const rows = await house.db
    .selectFrom('record_blob')
    .innerJoin('repo', 'repo.store_id', 'record_blob.store_id')
    .select('cid')
    .where('actor_id', '=', actorId)
    .execute()
  return rows.map(({ cid }) => cidString(cid as Digest, 'raw'))
}
