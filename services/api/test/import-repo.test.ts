import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { encode } from '@atproto/lex-cbor'
import { sha256 } from '@heronry/core/cid'
import { systemClock } from '@heronry/core/clock'
import { nextRev } from '@heronry/core/rev'
import { ensureAuditPartitions } from '@heronry/operators/audit-partitions'
import { carBlock, repoCar } from '@heronry/testing/repo-car'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiHouse, type Asking, apiHouse, importBytesMax } from './api-house.ts'
import type { Member } from './member.ts'

let house: ApiHouse
beforeAll(async () => {
  house = await apiHouse()
  await ensureAuditPartitions(house.db)
})
afterAll(() => house[Symbol.asyncDispose]())

const importRepo = (body: Uint8Array, { headers, ...asking }: Asking) =>
  house.ask('com.atproto.repo.importRepo', {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/vnd.ipld.car', ...headers },
    ...asking,
  })

/** What another host would send, signed by nobody that this house could find: no directory answers here. */
function carOf({ did }: Member, { records = 3, bytes = 100 } = {}): Buffer {
  const rows = Array.from({ length: records }, (_, n) => ({
    path: `com.example.thing/${n}`,
    value: encode({ $type: 'com.example.thing', n, noise: randomBytes(bytes / 2).toString('hex') }),
  }))
  const sign = () => new Uint8Array(64)
  const car = repoCar({ did, rev: nextRev(systemClock), sign, records: () => rows })
  return Buffer.concat([...car.chunks()])
}
const recordsOf = async ({ did }: Member) => {
  const params = { repo: did, collection: 'com.example.thing' }
  return (await house.get('com.atproto.repo.listRecords', params)).json.records.length
}
const audited = ({ did }: Member) =>
  house.db
    .selectFrom('audit_log')
    .select(['principal', 'address', 'method', 'outcome'])
    .where('subject', '=', did)
    .execute()

test('a full session imports, with the rights of the api alone; what nobody could check is audited', async () => {
  const member = await house.member('mover', { community: house.storks })
  const { status, bytes } = await importRepo(carOf(member), { as: member })
  expect([status, bytes.length]).toEqual([200, 0])
  const params = { repo: member.did, collection: 'com.example.thing' }
  const listed = await house.get('com.atproto.repo.listRecords', params, { as: member })
  expect(listed.json.records.length).toBe(3)
  expect(await audited(member)).toEqual([
    { principal: member.did, address: '127.0.0.1', method: 'com.atproto.repo.importRepo', outcome: 'done' },
  ])
})

test.each([
  ['nobody', {}, '401 AuthMissing'],
  ['an app password', { scope: 'com.atproto.appPass' }, '400 InvalidToken'],
  ['a privileged app password', { scope: 'com.atproto.appPassPrivileged' }, '400 InvalidToken'],
] as const)('%s does not import', async (name, options, refusal) => {
  const member = await house.member(name.replaceAll(' ', ''), options as object)
  const asking = 'scope' in options ? { as: member } : {}
  const { status, json } = await importRepo(carOf(member), asking)
  expect(`${status} ${json.error}`).toBe(refusal)
})

test('a CAR is taken up to its limit, however it is encoded, and not a byte more', async () => {
  const member = await house.member('limit')
  const sized = (size: number) => {
    const car = carOf(member, { records: 1 })
    const stray = Buffer.alloc(size - car.length - 3 - 36)
    return Buffer.concat([car, carBlock(sha256(stray), stray)])
  }
  const [most, more] = [sized(importBytesMax), sized(importBytesMax + 1)]
  expect([most.length, more.length]).toEqual([importBytesMax, importBytesMax + 1])
  expect((await importRepo(most, { as: member })).status).toBe(200)
  const gzip = { 'content-encoding': 'gzip' }
  expect((await importRepo(gzipSync(most), { as: member, headers: gzip })).status).toBe(200)
  for (const [body, headers] of [
    [more, {}],
    [gzipSync(more), gzip],
  ] as const) {
    const { status, json } = await importRepo(body, { as: member, headers })
    expect([status, json.error]).toEqual([413, 'PayloadTooLarge'])
  }
  expect(await recordsOf(member)).toBe(1)
})

test('what is wrong is told, and the connection goes on', async () => {
  const member = await house.member('wrong')
  const other = await house.member('other')
  const { status, json } = await importRepo(carOf(other), { as: member })
  expect([status, json]).toEqual([
    400,
    { error: 'InvalidRequest', message: `The CAR is of the repo of ${other.did}, not of ${member.did}` },
  ])
  const html = await importRepo(Buffer.from('<html>'), { as: member })
  expect([html.status, html.json.error]).toEqual([400, 'InvalidRequest'])
  const json400 = await importRepo(Buffer.from('{}'), {
    as: member,
    headers: { 'content-type': 'application/json' },
  })
  expect(json400.status).toBe(400)
})

test('a house that takes no imports says so', async () => {
  await using closed = await apiHouse({
    settings: { imports: { accepting: false, bytesMax: importBytesMax } },
  })
  const member = await closed.member('late')
  const body = carOf(member)
  const headers = { 'content-type': 'application/vnd.ipld.car' }
  const { status, json } = await closed.ask('com.atproto.repo.importRepo', {
    method: 'POST',
    as: member,
    body,
    headers,
  })
  expect([status, json]).toEqual([
    400,
    { error: 'InvalidRequest', message: 'Service is not accepting repo imports' },
  ])
})
