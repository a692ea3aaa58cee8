import { cidString, sha256 } from '@heronry/core/cid'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { somebody } from './admin-calls.ts'
import { ask, type Question } from './ask.ts'
import { type EntrywayHouse, entrywayHouse } from './entryway-house.ts'

let house: EntrywayHouse
beforeAll(async () => {
  house = await entrywayHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

const herons = { at: 'herons', admin: 'herons-secret' } as const
const storks = { at: 'storks', admin: 'storks-secret' } as const
const askAdmin = (method: string, question: Question = herons) =>
  ask(house, `host.heronry.admin.${method}`, question)

test('what the blobs of a community weigh is said of it alone, the heaviest account first', async () => {
  const [light, heavy, stranger] = [
    await somebody(house),
    await somebody(house),
    await somebody(house, 'storks'),
  ]
  await store(light.did, 10)
  await store(heavy.did, 100)
  await store(heavy.did, 200)
  await store(stranger.did, 4000)
  const { body } = await askAdmin('getBlobUsage')
  expect(body).toEqual({
    bytes: 310,
    blobs: 3,
    accounts: [
      { did: heavy.did, bytes: 300, blobs: 2 },
      { did: light.did, bytes: 10, blobs: 1 },
    ],
  })
  expect((await askAdmin('getBlobUsage?limit=1', storks)).body).toMatchObject({ bytes: 4000, blobs: 1 })
})

test('a hold is placed, listed and lifted by the community of the account alone, and each is audited with its reason', async () => {
  const { did } = await somebody(house)
  const cid = await store(did, 7)
  const input = { did, cid: cidString(cid, 'raw'), reason: 'case 7' }
  expect((await askAdmin('placeBlobHold', { ...storks, input })).body).toMatchObject({ error: 'NotFound' })
  const placed = await askAdmin('placeBlobHold', { ...herons, input })
  expect(placed.body).toEqual({ id: expect.any(String), blobs: 1 })
  expect((await askAdmin('placeBlobHold', { ...herons, input })).body).toMatchObject({
    error: 'AlreadyExists',
  })
  const hold = { id: placed.body.id, ...input, placedAt: expect.any(String) }
  expect((await askAdmin('listBlobHolds')).body.holds).toContainEqual(hold)
  expect((await askAdmin('listBlobHolds', storks)).body.holds).toEqual([])
  const lifting = { id: placed.body.id, reason: 'closed' }
  expect((await askAdmin('liftBlobHold', { ...storks, input: lifting })).body).toMatchObject({
    error: 'NotFound',
  })
  expect((await askAdmin('liftBlobHold', { ...herons, input: lifting })).body).toEqual(hold)
  const { body } = await askAdmin(`listAudit?${new URLSearchParams({ subject: `${did} ${input.cid}` })}`)
  expect(body.entries).toMatchObject([
    { method: 'host.heronry.admin.liftBlobHold', reason: 'closed', outcome: 'done' },
    { method: 'host.heronry.admin.placeBlobHold', outcome: 'refused', error: 'AlreadyExists' },
    { method: 'host.heronry.admin.placeBlobHold', reason: 'case 7', outcome: 'done', after: { blobs: 1 } },
  ])
})

test('a list of digests is its community’s own, and says what is wrong with one', async () => {
  const [one, two] = ['11'.repeat(32), '22'.repeat(32)]
  const reason = 'list 7'
  const add = [{ sha256: one, note: 'from list 7' }, { sha256: two }]
  const edit = (input: object, question: Question = herons) =>
    askAdmin('editBlobBlocks', { ...question, input })
  expect((await edit({ add, reason })).body).toEqual({ added: 2, removed: 0 })
  expect((await askAdmin('listBlobBlocks')).body.blocks).toEqual(add)
  expect((await askAdmin('listBlobBlocks?limit=1')).body).toEqual({ blocks: [add[0]], cursor: one })
  expect((await askAdmin('listBlobBlocks', storks)).body.blocks).toEqual([])
  expect((await edit({ remove: [one], reason }, storks)).body).toEqual({ added: 0, removed: 0 })
  expect((await edit({ remove: [one], reason })).body).toEqual({ added: 0, removed: 1 })
  expect((await edit({ add: [{ sha256: 'z'.repeat(64) }], reason })).body).toMatchObject({
    error: 'InvalidRequest',
  })
  expect((await edit({ add })).status).toBe(400)
})

let stored = 0

/** A blob of the account; what stores one is the api, not the entryway. */
async function store(did: string, size: number) {
  const actor = await house.db
    .selectFrom('actor')
    .select('id')
    .where('did', '=', did)
    .executeTakeFirstOrThrow()
  const cid = sha256(Buffer.from(`blob ${++stored}`))
  await house.db
    .insertInto('blob')
    .values({ actor_id: actor.id, cid, object_key: `k${stored}`, mime: 'a/b', size: BigInt(size) })
    .execute()
  return cid
}
