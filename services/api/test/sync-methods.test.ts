import { parseCid } from '@atproto/lex-data'
import { readCar, readCarWithRoot, verifyProofs, verifyRepoCar } from '@atproto/repo'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type ApiHouse, type Asking, admin, apiHouse } from './api-house.ts'
import type { Member } from './member.ts'

const thing = 'com.example.thing'
const count = 60
const bigBatches = 10

let house: ApiHouse
let heron: Member
let stork: Member
let newcomer: Member
/** Has more in its repo than sockets hold. */
let big: Member
const inactive: Record<string, Member> = {}

const states = {
  takendown: { takedown_ref: 'ref' },
  suspended: { suspended_until: new Date(Date.now() + 3_600_000) },
  deactivated: { deactivated_at: new Date() },
}

beforeAll(async () => {
  house = await apiHouse()
  heron = await house.member('heron')
  stork = await house.member('stork', { community: house.storks })
  newcomer = await house.member('newcomer', { published: false })
  await writeThings(heron)
  await writeThings(stork)
  for (const [status, columns] of Object.entries(states)) {
    const member = await house.member(status)
    await house.db.updateTable('actor').set(columns).where('id', '=', member.id).execute()
    inactive[status] = member
  }
  big = await house.member('big')
  for (let batch = 1; batch <= bigBatches; batch++) {
    await writeThings(big, { batch, filler: 'x'.repeat(15_000) })
  }
})
afterAll(() => house[Symbol.asyncDispose]())

async function writeThings(member: Member, { batch = 0, filler = '' } = {}): Promise<void> {
  const writes = Array.from({ length: count }, (_, at) => ({
    $type: 'com.atproto.repo.applyWrites#create',
    collection: thing,
    rkey: batch === 0 ? `${at}` : `${batch}-${at}`,
    value: { at, by: member.handle, filler },
  }))
  const answer = await house.post(
    'com.atproto.repo.applyWrites',
    { repo: member.did, writes },
    { as: member },
  )
  expect(answer.status).toBe(200)
}

const sync = (name: string, params: Record<string, string | string[]> = {}, asking: Asking = {}) =>
  house.get(`com.atproto.sync.${name}`, params, asking)
const latest = async (member: Member) =>
  (await sync('getLatestCommit', { did: member.did }, { host: member.community.hostname })).json

describe('getRepo', () => {
  test('is the commit that getLatestCommit names, with everything that was written', async () => {
    const { status, headers, bytes } = await sync('getRepo', { did: heron.did })
    expect([status, headers['content-type']]).toEqual([200, 'application/vnd.ipld.car'])
    const { creates, commit } = await verifyRepoCar(bytes, heron.did, heron.didKey)
    expect({ cid: commit.cid.toString(), rev: commit.rev }).toEqual(await latest(heron))
    expect(creates).toHaveLength(count)
    expect((await sync('getHead', { did: heron.did })).json.root).toBe(commit.cid.toString())
    expect((await sync('getCheckout', { did: heron.did })).bytes).toEqual(bytes)
  })

  test('since the latest revision there are no records in it', async () => {
    const { rev } = await latest(heron)
    const all = await readCarWithRoot((await sync('getRepo', { did: heron.did })).bytes)
    const none = await readCarWithRoot((await sync('getRepo', { did: heron.did, since: rev })).bytes)
    expect(all.blocks.size - none.blocks.size).toBe(count)
  })

  test('since what is no revision is no request, and since one to come there are no records in it', async () => {
    const answer = await sync('getRepo', { did: heron.did, since: 'yesterday' })
    expect([answer.status, answer.json.error]).toEqual([400, 'InvalidRequest'])
    const since = 'jzzzzzzzzzzzz'
    const { blocks } = await readCarWithRoot((await sync('getRepo', { did: heron.did, since })).bytes)
    const { rev } = await latest(heron)
    const now = await readCarWithRoot((await sync('getRepo', { did: heron.did, since: rev })).bytes)
    expect(blocks.size).toBe(now.blocks.size)
  })

  test('answers HEAD with nothing but its headers', async () => {
    const { status, headers, bytes } = await sync('getRepo', { did: heron.did }, { method: 'HEAD' })
    expect([status, headers['content-type'], bytes.length]).toEqual([200, 'application/vnd.ipld.car', 0])
  })

  test('is cut off, not ended, when it fails in the middle; the next one is whole', async () => {
    const last = sql`SELECT m.store_id, m.layer, max(m.lo) FROM mst_node m JOIN repo r USING (store_id)
      WHERE r.actor_id = ${big.id} AND m.layer = 1 GROUP BY 1, 2`
    await sql`UPDATE mst_node SET body = body || '\\x00' WHERE (store_id, layer, lo) IN (${last})`.execute(
      house.db,
    )
    await expect(sync('getRepo', { did: big.did })).rejects.toThrow('aborted')
    const { bytes } = await sync('getRepo', { did: big.did })
    expect((await verifyRepoCar(bytes, big.did, big.didKey)).creates).toHaveLength(bigBatches * count)
  })

  test('waits for a reader that stalls, and lets go of its snapshot when the reader leaves', async () => {
    const snapshots = async () => {
      const { rows } = await sql`
        SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'`.execute(
        house.db,
      )
      return rows.length
    }
    const reader = await house.stalledGet(`com.atproto.sync.getRepo?did=${big.did}`)
    await vi.waitUntil(async () => (await snapshots()) === 1, { timeout: 5_000, interval: 20 })
    reader.destroy()
    await vi.waitUntil(async () => (await snapshots()) === 0, { timeout: 5_000, interval: 20 })
  })
})

describe('getRecord and getBlocks', () => {
  test('a proof convinces the reference of a record, and of its absence', async () => {
    const { json } = await house.get('com.atproto.repo.getRecord', {
      repo: heron.did,
      collection: thing,
      rkey: '7',
    })
    const claimed = { '7': parseCid(json.cid), none: null }
    for (const [rkey, cid] of Object.entries(claimed)) {
      const { bytes } = await sync('getRecord', { did: heron.did, collection: thing, rkey })
      const claims = [{ collection: thing, rkey, cid }]
      expect((await verifyProofs(bytes, claims, heron.did, heron.didKey)).verified).toEqual(claims)
    }
  })

  test('blocks come without a root, and a missing one is named', async () => {
    const { cid } = await latest(heron)
    const theirs = (await latest(stork)).cid
    const { roots, blocks } = await readCar((await sync('getBlocks', { did: heron.did, cids: [cid] })).bytes)
    expect([roots, blocks.size]).toEqual([[], 1])
    const answer = await sync('getBlocks', { did: heron.did, cids: [cid, theirs] })
    expect([answer.status, answer.json]).toEqual([
      400,
      { error: 'BlockNotFound', message: `Could not find cids: ${theirs}` },
    ])
    expect((await sync('getBlocks', { did: heron.did, cids: ['x'] })).json.error).toBe('InvalidRequest')
  })

  test('a block by a CID of a blob, or one of another hash, is one that is missing, as at the reference', async () => {
    const odd = ['bafkreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a', 'bafkqablimvwgy3y']
    const { cid } = await latest(heron)
    const { status, json } = await sync('getBlocks', { did: heron.did, cids: [cid, ...odd] })
    expect([status, json]).toEqual([
      400,
      { error: 'BlockNotFound', message: `Could not find cids: ${odd.join(', ')}` },
    ])
  })

  test('blocks are limited in number', async () => {
    const { cid } = await latest(heron)
    const ask = (count: number) => sync('getBlocks', { did: heron.did, cids: Array(count).fill(cid) })
    expect((await ask(150)).status).toBe(200)
  })
})

describe('listRepos and getRepoStatus', () => {
  test('list every published repo of the community once, with its state, and none of another', async () => {
    const seen: Record<string, unknown>[] = []
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const { json } = await sync('listRepos', { limit: '2', ...(cursor && { cursor }) })
      seen.push(...json.repos)
      cursor = json.cursor
    }
    const { cid, rev } = await latest(heron)
    expect(seen[0]).toEqual({ did: heron.did, head: cid, rev, active: true })
    expect(seen.map(({ did, active, status }) => [did, active, status])).toEqual([
      [heron.did, true, undefined],
      ...Object.entries(inactive).map(([status, { did }]) => [did, false, status]),
      [big.did, true, undefined],
    ])
    const other = await sync('listRepos', {}, { host: 'storks.test' })
    expect(other.json.repos.map(({ did }: { did: string }) => did)).toEqual([stork.did])
    expect((await sync('listRepos', { cursor: 'x' })).json.message).toBe('Malformed cursor')
  })

  test('a status hides nothing but what is in quarantine or elsewhere; only an active repo has a rev', async () => {
    const { rev } = await latest(heron)
    expect((await sync('getRepoStatus', { did: heron.did })).json).toEqual({
      did: heron.did,
      active: true,
      rev,
    })
    for (const [status, { did }] of Object.entries(inactive)) {
      expect((await sync('getRepoStatus', { did })).json).toEqual({ did, active: false, status })
    }
    for (const { did } of [newcomer, stork]) {
      expect((await sync('getRepoStatus', { did })).json.error).toBe('RepoNotFound')
    }
  })
})

describe('who may read', () => {
  const methods: [string, Record<string, string | string[]>][] = [
    ['getRepo', {}],
    ['getCheckout', {}],
    ['getLatestCommit', {}],
    ['getHead', {}],
    ['getRecord', { collection: thing, rkey: 'x' }],
    ['getBlocks', { cids: ['bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a'] }],
    ['listBlobs', {}],
    ['getBlob', { cid: 'bafkreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a' }],
  ]

  test.each(methods)(
    '%s tells everybody why a repo is absent, and answers its owner and administrator',
    async (name, params) => {
      const outcomes = {
        takendown: 'RepoTakendown',
        suspended: 'RepoSuspended',
        deactivated: 'RepoDeactivated',
      }
      for (const [status, error] of Object.entries(outcomes)) {
        const member = inactive[status] as Member
        const asked = (asking: Asking) => sync(name, { did: member.did, ...params }, asking)
        const anybody = await asked({})
        expect([anybody.status, anybody.json.error]).toEqual([400, error])
        expect((await asked({ as: heron })).json.error).toBe(error)
        for (const asking of [{ as: member }, { headers: admin('herons') }]) {
          expect(foundOrMissing(await asked(asking))).toBe(true)
        }
      }
    },
  )

  test.each(methods)(
    '%s knows no repo of quarantine, of another community or of nobody',
    async (name, params) => {
      for (const did of [newcomer.did, stork.did, 'did:plc:nobodyaaaaaaaaaaaaaaaaaaa']) {
        const answer = await sync(name, { did, ...params })
        expect([answer.status, answer.json]).toEqual([
          400,
          { error: 'RepoNotFound', message: `Could not find repo for DID: ${did}` },
        ])
      }
      expect(foundOrMissing(await sync(name, { did: newcomer.did, ...params }, { as: newcomer }))).toBe(true)
      const foreigner = { headers: admin('storks') }
      expect((await sync(name, { did: heron.did, ...params }, foreigner)).status).toBe(401)
    },
  )

  /** Past the question of the repo. */
  const foundOrMissing = ({ status, json }: { status: number; json: { error: string } | undefined }) =>
    status === 200 || json?.error === 'BlobNotFound' || json?.error === 'BlockNotFound'
})

test.each(['getRepo', 'getLatestCommit', 'listBlobs', 'getRepoStatus'])(
  '%s refuses what is no DID',
  async (name) => {
    for (const did of ['', 'heron.herons.test', 'did:plc:\0', 'did:']) {
      const answer = await sync(name, { did })
      expect([answer.status, answer.json.error]).toEqual([400, 'InvalidRequest'])
    }
  },
)
