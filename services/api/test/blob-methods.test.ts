import { randomBytes } from 'node:crypto'
import { cidString, sha256 } from '@heronry/core/cid'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApiHouse, type Asking, apiHouse, blobUploadLimit, storkBlobBytesMax } from './api-house.ts'
import type { Member } from './member.ts'

const thing = 'com.example.thing'
const bytes = randomBytes(10_000)
const unknownCid = 'bafkreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a'

let house: ApiHouse
let heron: Member
let stork: Member
/** A referenced blob of `bytes`. */
let cid: string

beforeAll(async () => {
  house = await apiHouse()
  heron = await house.member('heron')
  stork = await house.member('stork', { community: house.storks })
  const { json } = await upload(bytes)
  cid = json.blob.ref.$link
  await refer(json.blob)
})
afterAll(() => house[Symbol.asyncDispose]())

const upload = (body: Uint8Array, { headers, ...asking }: Asking = { as: heron }) =>
  house.ask('com.atproto.repo.uploadBlob', {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/x-heron', ...headers },
    ...asking,
  })

async function refer(blob: object, rkey = 'blob') {
  const input = { repo: heron.did, collection: thing, rkey, record: { blob } }
  return house.post('com.atproto.repo.putRecord', input, { as: heron })
}

const getBlob = (headers: Record<string, string> = {}, asking: Asking = {}) =>
  house.get('com.atproto.sync.getBlob', { did: heron.did, cid }, { headers, ...asking })
const listBlobs = async (params: Record<string, string> = {}) =>
  (await house.get('com.atproto.sync.listBlobs', { did: heron.did, ...params })).json

describe('uploadBlob', () => {
  test('answers a reference, by what the bytes are rather than what is said of them', async () => {
    const png = Buffer.from('89504e470d0a1a0a0000000d4948445200000001000000010806000000', 'hex')
    const { status, json } = await upload(png)
    expect(status).toBe(200)
    expect(json.blob).toEqual({
      $type: 'blob',
      ref: { $link: expect.stringMatching(/^bafkrei/) },
      mimeType: 'image/png',
      size: png.length,
    })
  })

  test.each(['image/', '/png', 'image//png', 'image/png, text/plain', 'image/p(ng', 'ïmage/png'])(
    'takes bytes that are said to be %s, as what nobody knows',
    async (type) => {
      const headers = { 'content-type': type }
      const { status, json } = await upload(Buffer.from('a heron'), { as: heron, headers })
      expect(status).toBe(200)
      expect(json.blob.mimeType).toBe('application/octet-stream')
    },
  )

  test('refuses bytes of which nothing is said', async () => {
    for (const type of ['', ' ', 'png']) {
      const headers = { 'content-type': type }
      expect(await upload(Buffer.from('a heron'), { as: heron, headers })).toMatchObject({ status: 400 })
    }
  })

  test('takes as many bytes as the limit says and not one more', async () => {
    expect((await upload(randomBytes(blobUploadLimit))).status).toBe(200)
    expect((await upload(randomBytes(blobUploadLimit + 1))).status).toBe(413)
  })

  test('asks for a session that is not taken down; a deactivated account may bring its blobs', async () => {
    expect((await upload(bytes, {})).json.error).toBe('AuthMissing')
    expect((await upload(bytes, { as: stork, host: 'herons.test' })).json.error).toBe('InvalidToken')
    const member = await house.member('mover')
    const set = (columns: object) =>
      house.db.updateTable('actor').set(columns).where('id', '=', member.id).execute()
    await set({ deactivated_at: new Date() })
    expect((await upload(bytes, { as: member })).status).toBe(200)
    await set({ takedown_ref: 'ref' })
    expect((await upload(bytes, { as: member })).json.error).toBe('AccountTakedown')
  })

  test('takes the service token of an account for this method, once; a taken-down account has none', async () => {
    const [here, there] = [
      await house.member('video'),
      await house.member('video2', { community: house.storks }),
    ]
    const lxm = 'com.atproto.repo.uploadBlob'
    const send = async (token: string, host = 'herons.test') =>
      upload(bytes, { host, headers: { authorization: `Bearer ${token}` } })
    const token = await house.serviceToken(here, { lxm })
    expect((await send(token)).status).toBe(200)
    const again = await send(token)
    expect([again.status, again.json.error]).toEqual([401, 'BadJwt'])
    const other = await house.serviceToken(here, { lxm: 'com.atproto.repo.createRecord' })
    expect((await send(other)).json.error).toBe('BadJwtLexiconMethod')
    expect((await send(await house.serviceToken(here, { lxm }), 'storks.test')).json.error).toBe(
      'BadJwtAudience',
    )
    const stranger = await house.serviceToken(there, { lxm, aud: 'did:web:herons.test' })
    expect([(await send(stranger)).status, (await send(stranger)).status]).toEqual([403, 403])
    await house.db.updateTable('actor').set({ takedown_ref: 'ref' }).where('id', '=', here.id).execute()
    const late = await send(await house.serviceToken(here, { lxm }))
    expect([late.status, late.json.error]).toEqual([401, 'AccountTakedown'])
  })

  test('takes a service token for what succeeds: one that failed may come again, of many at once one does', async () => {
    const here = await house.member('video3')
    const headers = {
      authorization: `Bearer ${await house.serviceToken(here, { lxm: 'com.atproto.repo.uploadBlob' })}`,
    }
    const tooLong = randomBytes(blobUploadLimit + 1)
    expect((await upload(tooLong, { host: 'herons.test', headers })).status).toBe(413)
    const both = [1, 2, 3, 4].map(() => upload(randomBytes(1_000), { host: 'herons.test', headers }))
    const statuses = (await Promise.all(both)).map(({ status }) => status)
    expect(statuses.sort()).toEqual([200, 401, 401, 401])
    expect((await upload(bytes, { host: 'herons.test', headers })).json.error).toBe('BadJwt')
  })

  test.each([
    ['another type', { mimeType: 'image/png' }, 'InvalidMimeType'],
    ['another size', { size: 11 }, 'InvalidSize'],
    ['a blob nobody uploaded', { ref: { $link: unknownCid } }, 'BlobNotFound'],
  ])('a record that claims %s is refused', async (_, claim, error) => {
    const { json } = await upload(randomBytes(10))
    const answer = await refer({ ...json.blob, ...claim }, 'claim')
    expect([answer.status, answer.json.error]).toEqual([400, error])
  })
})

describe('getBlob', () => {
  test('sends the bytes so that no browser runs them', async () => {
    const answer = await getBlob()
    expect(answer.status).toBe(200)
    expect(answer.bytes).toEqual(bytes)
    expect(answer.headers).toMatchObject({
      'content-type': 'application/x-heron',
      'content-length': '10000',
      'x-content-type-options': 'nosniff',
      'content-disposition': `attachment; filename="${cid}"`,
      'content-security-policy': "default-src 'none'; sandbox",
      'accept-ranges': 'bytes',
      etag: `"${cid}"`,
    })
  })

  test('answers HEAD with the same headers and no byte, and does not mind a range', async () => {
    const answer = await getBlob({ range: 'bytes=0-1' }, { method: 'HEAD' })
    expect([answer.status, answer.bytes.length]).toEqual([200, 0])
    expect(answer.headers).toMatchObject({ 'content-length': '10000', etag: `"${cid}"` })
  })

  test.each([
    ['bytes=0-99', 0, 99],
    ['bytes=9990-', 9990, 9999],
    ['bytes=-1', 9999, 9999],
    ['bytes=5-50000', 5, 9999],
  ])('sends the part that %s names', async (range, start, end) => {
    const answer = await getBlob({ range })
    expect(answer.status).toBe(206)
    expect(answer.bytes).toEqual(bytes.subarray(start, end + 1))
    expect(answer.headers['content-range']).toBe(`bytes ${start}-${end}/10000`)
    expect(answer.headers['content-length']).toBe(String(end - start + 1))
  })

  test('has no bytes past the end', async () => {
    const answer = await getBlob({ range: 'bytes=10000-' })
    expect([answer.status, answer.headers['content-range'], answer.bytes.length]).toEqual([
      416,
      'bytes */10000',
      0,
    ])
  })

  test('sends a range only of the version that If-Range names', async () => {
    expect((await getBlob({ range: 'bytes=0-9', 'if-range': `"${cid}"` })).status).toBe(206)
    expect((await getBlob({ range: 'bytes=0-9', 'if-range': '"other"' })).status).toBe(200)
  })

  test.each([(tag: string) => tag, (tag: string) => `W/"x", W/${tag}`, () => '*'])(
    'sends nothing that the client has already (%#)',
    async (header) => {
      const answer = await getBlob({ 'if-none-match': header(`"${cid}"`) })
      expect([answer.status, answer.bytes.length, answer.headers.etag]).toEqual([304, 0, `"${cid}"`])
    },
  )

  test('knows no blob that is unreferenced, taken down, of another codec or never uploaded', async () => {
    const { json } = await upload(randomBytes(20))
    const ask = (cid: string, did: string = heron.did) => house.get('com.atproto.sync.getBlob', { did, cid })
    const takendown = (await upload(randomBytes(21))).json.blob
    await refer(takendown, 'takendown')
    expect((await ask(takendown.ref.$link)).status).toBe(200)
    await house.db.updateTable('blob').set({ takedown_ref: 'ref' }).where('size', '=', 21n).execute()
    for (const absent of [json.blob.ref.$link, takendown.ref.$link, unknownCid]) {
      const answer = await ask(absent)
      expect([answer.status, answer.json]).toEqual([
        400,
        { error: 'BlobNotFound', message: 'Blob not found' },
      ])
    }
    expect((await ask(cid.replace('bafkrei', 'bafyrei'))).json.error).toBe('InvalidRequest')
    expect((await ask(cid, stork.did)).json.error).toBe('RepoNotFound')
  })
})

describe('listBlobs', () => {
  test('lists what records refer to, once each, in pages, and since a revision', async () => {
    const before = await listBlobs()
    const { rev } = (await house.get('com.atproto.sync.getLatestCommit', { did: heron.did })).json
    const second = (await upload(randomBytes(30))).json.blob
    await refer(second, 'second')
    await refer(second, 'third')
    const { cids } = await listBlobs()
    expect(cids.toSorted()).toEqual([...before.cids, second.ref.$link].toSorted())
    expect(cids).toContain(cid)
    const first = await listBlobs({ limit: '1' })
    expect(first).toEqual({ cids: [cids[0]], cursor: cids[0] })
    expect((await listBlobs({ cursor: first.cursor })).cids).toEqual(cids.slice(1))
    expect(await listBlobs({ cursor: cids.at(-1) })).toEqual({ cids: [] })
    expect((await listBlobs({ since: rev })).cids).toEqual([second.ref.$link])
    expect((await listBlobs({ cursor: 'x' })).error).toBe('InvalidRequest')
  })
})

describe('listMissingBlobs', () => {
  test('tells the member what it has still to bring, and what it has brought is there at once', async () => {
    const mover = await house.member('moving')
    const blobs = [randomBytes(40), randomBytes(41)]
    const cids = blobs.map((it) => cidString(sha256(it), 'raw'))
    const paths = ['com.example.thing/0', 'com.example.thing/1']
    const { store_id } = await house.db
      .selectFrom('repo')
      .select('store_id')
      .where('actor_id', '=', mover.id)
      .executeTakeFirstOrThrow()
    const rows = blobs.map((it, at) => ({ store_id, cid: sha256(it), path: paths[at] as string }))
    await house.db.insertInto('record_blob').values(rows).execute()
    await house.db
      .updateTable('actor')
      .set({ deactivated_at: new Date() })
      .where('id', '=', mover.id)
      .execute()
    const missing = async (params: Record<string, string> = {}) =>
      (await house.get('com.atproto.repo.listMissingBlobs', params, { as: mover })).json
    const { blobs: all, cursor } = await missing()
    const expected = cids.map((it, at) => ({ cid: it, recordUri: `at://${mover.did}/${paths[at]}` }))
    expect(all.toSorted(byCid)).toEqual(expected.toSorted(byCid))
    expect(cursor).toBe(all[1].cid)
    expect(await missing({ cursor })).toEqual({ blobs: [] })
    expect((await missing({ limit: '1' })).blobs).toEqual([all[0]])
    expect((await listBlobsOf(mover)).cids).toEqual([])
    for (const body of blobs) expect((await upload(body, { as: mover })).status).toBe(200)
    expect(await missing()).toEqual({ blobs: [] })
    expect((await listBlobsOf(mover)).cids.toSorted()).toEqual(cids.toSorted())
    const asked = await house.get(
      'com.atproto.sync.getBlob',
      { did: mover.did, cid: cids[0] as string },
      { as: mover },
    )
    expect(asked.bytes).toEqual(blobs[0])
    expect((await house.get('com.atproto.repo.listMissingBlobs')).json.error).toBe('AuthMissing')
  })
})

const byCid = (a: { cid: string }, b: { cid: string }) => (a.cid < b.cid ? -1 : 1)
const listBlobsOf = async (member: Member) =>
  (await house.get('com.atproto.sync.listBlobs', { did: member.did }, { as: member })).json

test('a community’s quota is told in words', async () => {
  const member = await house.member('hoarder', { community: house.storks })
  const send = (size: number) => upload(randomBytes(size), { as: member })
  expect((await send(storkBlobBytesMax - 100)).status).toBe(200)
  const { status, json } = await send(101)
  expect([status, json.error]).toEqual([400, 'BlobQuotaExceeded'])
  expect(json.message).toContain(`more than its ${storkBlobBytesMax} bytes`)
  expect((await send(100)).status).toBe(200)
})
