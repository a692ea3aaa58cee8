import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { findBlob } from '@heronry/blobs/find-blob'
import type { ScanPolicy } from '@heronry/blobs/scan-blob'
import { cidString, type Digest } from '@heronry/core/cid'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { scanAnswerBytesMax } from '../src/limits.ts'
import { createProbe } from '../src/probe/probe.ts'
import { httpScan } from '../src/scan/http-scan.ts'
import { type CareHouse, careHouse, here, type Member } from './care-house.ts'
import { png } from './files.ts'

let house: CareHouse
let server: Server
let url = ''
let answer: { status?: number; body: string | Buffer; location?: string } = { body: '' }
let asked: { headers: NodeJS.Dict<string | string[]>; body: string }[] = []

beforeAll(async () => {
  house = await careHouse()
  server = createServer(async (request, response) => {
    asked.push({ headers: request.headers, body: await text(request) })
    const { status = 200, body, location } = answer
    response.writeHead(status, location === undefined ? {} : { location }).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/scan`
})
beforeEach(async () => {
  await house.clear()
  asked = []
})
afterAll(async () => {
  server.close().closeAllConnections()
  await house[Symbol.asyncDispose]()
})

const secret = 'a shared secret of some length'
const policy = (onFailure: ScanPolicy['onFailure']) => ({
  scan: httpScan({ url, secret, timeoutMs: 2000 }),
  onFailure,
})

test('a blob that waits is shown to nobody until the scanner, asked with its bytes and our signature, says that it is clean', async () => {
  const { actor, cid } = await held()
  await expect(find(actor, cid)).rejects.toMatchObject({ code: 'BlobNotFound' })
  answer = { body: JSON.stringify({ verdict: 'clean' }) }
  await house.work(policy('hold'))
  expect(await find(actor, cid)).toMatchObject({ size: 7 })
  const { headers, body } = asked[0] ?? { headers: {}, body: '' }
  expect(body).toBe('a heron')
  const named = cidString(cid, 'raw')
  const signed = `${headers['x-heronry-timestamp']}\n${named}\nimage/png\n7`
  expect(headers).toMatchObject({
    'content-type': 'image/png',
    'content-length': '7',
    'x-heronry-cid': named,
    'x-heronry-signature': `v1=${createHmac('sha256', secret).update(signed).digest('hex')}`,
  })
  expect(Math.abs(Number(headers['x-heronry-timestamp']) - Date.now() / 1000)).toBeLessThan(30)
})

test('a blob that the scanner calls bad is taken down with its reason and moved out of reach', async () => {
  const { actor, cid } = await held()
  answer = { body: JSON.stringify({ verdict: 'bad', reason: 'known picture' }) }
  await house.work(policy('hold'))
  expect(await house.row({ actorId: actor.id, cid })).toMatchObject({
    takedown_ref: 'scan: known picture',
    held_since: null,
    object_key: expect.stringMatching(/^q\//),
  })
  expect(house.lines.filter((line) => line.includes('a scanned blob was taken down'))).toHaveLength(1)
  expect(await house.metrics.text()).toContain('pds_blob_scans_total{verdict="bad"} 1')
})

test.each([
  ['does not know', { body: JSON.stringify({ verdict: 'perhaps' }) }],
  ['fails', { status: 500, body: JSON.stringify({ verdict: 'clean' }) }],
  ['says nothing that is read', { body: 'clean' }],
  ['says too much', { body: JSON.stringify({ verdict: 'clean' }).padEnd(scanAnswerBytesMax + 1) }],
  ['sends elsewhere', { status: 302, body: JSON.stringify({ verdict: 'clean' }), location: '/elsewhere' }],
])('a blob waits for a scanner that %s, which is asked again', async (_, wrong) => {
  const { actor, cid } = await held()
  answer = wrong
  await house.work(policy('hold'), async () => (await deferrals()) > 0)
  expect(asked).toHaveLength(1)
  expect(await house.row({ actorId: actor.id, cid })).toMatchObject({ held_since: expect.any(Date) })
  answer = { body: JSON.stringify({ verdict: 'clean' }).padEnd(scanAnswerBytesMax) }
  await house.db
    .updateTable('job_outbox')
    .set({ run_at: new Date(0) })
    .where('done_at', 'is', null)
    .execute()
  await house.work(policy('hold'))
  expect(await find(actor, cid)).toMatchObject({ size: 7 })
})

test('where the house says so, a blob is shown while the scanner is down, and taken down when it speaks', async () => {
  const { actor, cid } = await held()
  answer = { status: 503, body: '' }
  await house.work(policy('pass'), async () => (await deferrals()) > 0)
  expect(await find(actor, cid)).toMatchObject({ size: 7 })
  answer = { body: JSON.stringify({ verdict: 'bad' }) }
  await house.db
    .updateTable('job_outbox')
    .set({ run_at: new Date(0) })
    .where('done_at', 'is', null)
    .execute()
  await house.work(policy('pass'))
  await expect(find(actor, cid)).rejects.toMatchObject({ code: 'BlobNotFound' })
  for (const verdict of ['failed', 'passed', 'bad']) {
    expect(await house.metrics.text()).toContain(`pds_blob_scans_total{verdict="${verdict}"}`)
  }
})

test('what waits for a scanner that the house has no more is let through', async () => {
  const { actor, cid } = await held()
  await house.work()
  expect(await find(actor, cid)).toMatchObject({ size: 7 })
})

test('an uploaded picture’s size is known after a while, and its bytes are what they were', async () => {
  await using probe = createProbe()
  const actor = await house.member(here)
  const bytes = png({ width: 31, height: 17 })
  const cid = await house.upload(actor, bytes)
  await house.work({ probe })
  expect(await house.row({ actorId: actor.id, cid })).toMatchObject({
    width: 31,
    height: 17,
    probe_fault: null,
  })
  const broken = await house.upload(actor, bytes.subarray(0, 12))
  await house.work({ probe })
  expect(await house.row({ actorId: actor.id, cid: broken })).toMatchObject({
    width: null,
    probe_fault: expect.any(String),
  })
})

/** A blob that a record names, as an upload leaves it where there is a scanner. */
async function held(): Promise<{ actor: Member; cid: Digest }> {
  const actor = await house.member(here)
  const cid = await house.upload(actor, Buffer.from('a heron'), { isHeld: true })
  await house.create(actor, { rkey: 'one', blob: cid })
  return { actor, cid }
}

function find({ id: actorId }: Member, cid: Digest) {
  return findBlob(house.db, { actorId, cid })
}

async function deferrals(): Promise<number> {
  const rows = await house.db
    .selectFrom('job_outbox')
    .select('deferrals')
    .where('name', '=', 'scan-blob')
    .where('deferrals', '>', 0)
    .execute()
  return rows.length
}
