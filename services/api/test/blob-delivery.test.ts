import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { s3Objects } from '@heronry/blobs/s3-objects'
import { type FaultProxy, faultProxy } from '@heronry/testing/fault-proxy'
import { type TestS3, testS3 } from '@heronry/testing/s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { blobLocation } from '../src/blob-redirect.ts'
import { type ApiHouse, apiHouse } from './api-house.ts'
import type { Member } from './member.ts'

/** More than sockets hold between them. */
const bytes = randomBytes(8_000_000)
let opened: AsyncDisposableStack
let s3: TestS3
let proxy: FaultProxy
beforeAll(async () => {
  opened = new AsyncDisposableStack()
  s3 = opened.use(await testS3())
  proxy = opened.use(await faultProxy(s3.options.endpoint))
})
afterAll(() => opened.disposeAsync())

async function houseWithBlob(settings: object): Promise<{ house: ApiHouse; heron: Member; path: string }> {
  const objects = s3Objects({ ...s3.options, endpoint: proxy.url, requestTimeoutMs: 1000 })
  opened.use(objects)
  const house = opened.use(
    await apiHouse({
      objects,
      settings: { blobUploadLimit: 10_000_000, ...settings },
    }),
  )
  const heron = await house.member('heron')
  const { json } = await house.ask('com.atproto.repo.uploadBlob', {
    method: 'POST',
    body: bytes,
    headers: { 'content-type': 'application/x-heron' },
    as: heron,
  })
  const record = {
    repo: heron.did,
    collection: 'com.example.thing',
    rkey: 'blob',
    record: { blob: json.blob },
  }
  await house.post('com.atproto.repo.putRecord', record, { as: heron })
  const path = `com.atproto.sync.getBlob?did=${heron.did}&cid=${json.blob.ref.$link}`
  return { house, heron, path }
}

describe('a blob that comes from the bucket through the house', () => {
  let house: ApiHouse
  let heron: Member
  let path: string
  beforeAll(async () => {
    proxy.fault = undefined
    ;({ house, heron, path } = await houseWithBlob({}))
  }, 60_000)

  test('is the bytes that were uploaded', async () => {
    expect((await house.ask(path)).bytes.equals(bytes)).toBe(true)
  })

  test.each(['reset', 'end', 'silence'] as const)(
    'and stops in the middle (%s) never looks complete',
    async (how) => {
      proxy.fault = { direction: 'down', afterBytes: 1_000_000, how }
      await closeStoreConnections()
      await expect(house.ask(path)).rejects.toThrow(/aborted|socket hang up|ECONNRESET/)
      proxy.fault = undefined
    },
  )

  test('is no longer read when its client goes away', async () => {
    proxy.fault = undefined
    await closeStoreConnections()
    const answer = await house.stalledGet(path)
    await once(answer, 'readable')
    await expect.poll(() => proxy.open()).toBe(1)
    answer.destroy()
    await expect.poll(() => proxy.open()).toBe(0)
  })

  test('is answered with 502 and a request id where the bucket refuses, and with 504 where it is silent', async () => {
    await closeStoreConnections()
    for (const [how, status, error] of [
      ['reset', 502, 'UpstreamFailure'],
      ['silence', 504, 'UpstreamTimeout'],
    ] as const) {
      proxy.fault = { direction: 'up', afterBytes: 1, how }
      const answer = await house.ask(path)
      expect([answer.status, answer.json.error]).toEqual([status, error])
      expect(answer.headers['x-request-id']).toMatch(/./)
      const upload = await house.ask('com.atproto.repo.uploadBlob', {
        method: 'POST',
        body: randomBytes(100),
        headers: { 'content-type': 'image/png' },
        as: heron,
      })
      expect([upload.status, upload.json.error]).toEqual([status, error])
    }
    proxy.fault = undefined
    expect(await house.db.selectFrom('blob').select('size').execute()).toEqual([
      { size: BigInt(bytes.length) },
    ])
  })

  test('that is shorter in the bucket than it was is a fault of the store', async () => {
    const { object_key: key } = await house.db
      .selectFrom('blob')
      .select('object_key')
      .executeTakeFirstOrThrow()
    using objects = s3Objects(s3.options)
    await objects.put(key, oneChunk(bytes.subarray(0, 100)), { mime: 'application/x-heron' })
    const answer = await house.ask(path)
    expect([answer.status, answer.json.error]).toEqual([502, 'UpstreamFailure'])
    await objects.put(key, oneChunk(bytes), { mime: 'application/x-heron' })
    expect((await house.ask(path)).status).toBe(200)
  })

  /** Connections that are kept for the next request would not have the fault. */
  async function closeStoreConnections(): Promise<void> {
    proxy.closeAll()
    await expect.poll(() => proxy.open()).toBe(0)
  }
})

describe('a blob that clients are sent to the bucket for', () => {
  let house: ApiHouse
  let heron: Member
  let path: string
  beforeAll(async () => {
    proxy.fault = undefined
    ;({ house, heron, path } = await houseWithBlob({ blobRedirect: 'presigned' }))
  }, 60_000)

  test('is there for minutes, as it would be sent from here', async () => {
    const { status, headers, bytes: body } = await house.ask(path, { headers: { range: 'bytes=0-9' } })
    expect([status, body.length, headers['cache-control']]).toEqual([302, 0, 'private, no-store'])
    expect(headers.location).toContain('X-Amz-Expires=300')
    const answer = await fetch(headers.location ?? '', { headers: { range: 'bytes=10-19' } })
    expect(answer.status).toBe(206)
    expect(answer.headers.get('content-type')).toBe('application/x-heron')
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="bafkrei/)
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes.subarray(10, 20))).toBe(true)
  })

  test('is not asked for there by HEAD, by whom has it, nor past its end', async () => {
    const head = await house.ask(path, { method: 'HEAD' })
    expect([head.status, head.headers['content-length']]).toEqual([200, String(bytes.length)])
    const { etag = '' } = head.headers
    expect((await house.ask(path, { headers: { 'if-none-match': etag } })).status).toBe(304)
    expect((await house.ask(path, { headers: { range: `bytes=${bytes.length}-` } })).status).toBe(416)
  })

  test('is not given away when the blob or its account is not to be seen', async () => {
    const set = (table: 'actor' | 'blob', takedown_ref: string | null) =>
      house.db.updateTable(table).set({ takedown_ref }).execute()
    await set('blob', 'case')
    expect((await house.ask(path)).json.error).toBe('BlobNotFound')
    await set('blob', null)
    await set('actor', 'case')
    expect((await house.ask(path)).json.error).toBe('RepoTakendown')
    await set('actor', null)
    expect((await house.ask(path, { as: heron })).status).toBe(302)
  })
})

test('a server before the bucket is asked by the name of the object', async () => {
  using objects = s3Objects(s3.options)
  const redirect = { baseUrl: 'https://cdn.herons.test/blobs/' }
  const blob = { objectKey: 'b/00/1/abc', mime: 'image/png', disposition: 'attachment' }
  expect(await blobLocation({ objects, redirect }, blob)).toBe('https://cdn.herons.test/blobs/b/00/1/abc')
  expect(await blobLocation({ objects, redirect: undefined }, blob)).toBeUndefined()
})

async function* oneChunk(chunk: Uint8Array): AsyncIterable<Uint8Array> {
  yield chunk
}
