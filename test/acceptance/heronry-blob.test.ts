import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { administrator, heronry } from './heronry-command.ts'
import type { House } from './house.ts'
import { oneProcess } from './house-kinds.ts'
import { pixelPng } from './pixel-png.ts'

let house: House
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heronry-blob-'))
  house = await oneProcess.start({ env: disk() })
})
afterAll(async () => {
  await house?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const disk = () => ({ PDS_BLOBSTORE_DISK_LOCATION: join(folder, 'blobs') })
const admin = () => ({ env: { ...administrator(house), ...disk() } })

test('what blobs weigh is shown, what is held is listed and lifted, and nothing is lifted unasked', async () => {
  const { did, blob } = await uploaded('weigher')
  const cid = blob.ref.$link
  const usage = await heronry(['blob', 'usage'], admin())
  expect(usage).toMatchObject({ code: 0, stderr: '' })
  expect(usage.stdout).toMatch(new RegExp(`^${did} +1 +${pixelPng.length}$`, 'm'))
  const held = ['blob', 'hold', 'add', 'weigher.test', cid, '--reason', 'case 7', '--json']
  const placed = await heronry(held, admin())
  expect(JSON.parse(placed.stdout)).toEqual({ id: expect.any(String), blobs: 1 })
  expect(await heronry(held, admin())).toMatchObject({ code: 4, stdout: '' })
  const list = await heronry(['blob', 'hold', 'list'], admin())
  expect(list.stdout).toMatch(new RegExp(`${did} +${cid} +\\S+ +case 7$`, 'm'))
  const { id } = JSON.parse(placed.stdout)
  const lift = (...args: string[]) =>
    heronry(['blob', 'hold', 'lift', id, '--reason', 'closed', ...args], admin())
  expect(await lift()).toMatchObject({ code: 2, stdout: '' })
  expect(await lift('--dry-run')).toMatchObject({ code: 0, stderr: 'Nothing was changed.\n' })
  expect((await heronry(['blob', 'hold', 'lift', '999', '--reason', 'x', '--yes'], admin())).code).toBe(3)
  expect((await heronry(['blob', 'hold', 'lift', id, '--yes'], admin())).code).toBe(2)
  expect(await lift('--yes')).toMatchObject({ code: 0 })
  expect((await heronry(['blob', 'hold', 'list', '--json'], admin())).stdout).toBe('[]\n')
})

test('a digest is blocked for the community or the house, refused at upload, and let in again', async () => {
  const { token } = await uploaded('blocked')
  const bytes = randomBytes(40)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const block = async (...args: string[]) => {
    const ran = await heronry(['blob', 'block', ...args, '--json'], admin())
    return ran.code === 0 ? JSON.parse(ran.stdout) : ran.stderr
  }
  const why = ['--reason', 'list 7'] as const
  for (const whose of [[], ['--house']]) {
    expect(await block('add', sha256, ...whose, ...why)).toMatchObject({ added: 1 })
    expect((await block('list', ...whose)).map((it: { sha256: string }) => it.sha256)).toEqual([sha256])
    expect((await upload(token, bytes)).status).toBe(400)
    expect(await block('remove', sha256, ...whose, ...why)).toMatchObject({ removed: 1 })
  }
  expect((await upload(token, bytes)).status).toBe(200)
  expect(await block('add', 'no digest', ...why)).toContain(
    'a SHA-256 in 64 hexadecimal digits, or a CID, is expected',
  )
  expect(await block('add', sha256)).toContain("required option '--reason <text>'")
})

test('garbage is counted and collected, bucket and rows are compared, and a lost blob is found and said by the exit code', async () => {
  const blob = async (...args: string[]) => {
    const ran = await heronry(['blob', ...args, '--json'], admin())
    return { ...ran, json: ran.stdout === '' ? undefined : JSON.parse(ran.stdout) }
  }
  await uploaded('keeper')
  await house.database.db
    .updateTable('blob')
    .set({ orphan_since: new Date(0), uploaded_at: new Date(0) })
    .execute()
  const { json: due } = await blob('gc', '--dry-run')
  expect(due.blobs).toBeGreaterThan(0)
  expect(await blob('gc')).toMatchObject({ code: 2, json: undefined })
  const collected = { code: 0, json: due, stderr: 'Done: disk full\n' }
  expect(await blob('gc', '--yes', '--reason', 'disk full')).toMatchObject(collected)
  await uploaded('loser')
  const whole = { objects: 1, strays: 0, blobs: 1, missing: 0 }
  expect(await blob('reconcile', '--dry-run')).toMatchObject({ code: 0, json: whole })
  await rm(join(folder, 'blobs', 'b'), { recursive: true })
  const lost = { objects: 0, blobs: 1, missing: 1 }
  expect(await blob('reconcile', '--yes')).toMatchObject({ code: 6, json: lost })
  expect(await blob('verify')).toMatchObject({
    code: 6,
    json: { missing: 1, damaged: [{ verdict: 'missing' }] },
  })
  expect((await uploaded('loser')).status).toBe(200)
  expect(await blob('verify')).toMatchObject({
    code: 0,
    json: { blobs: 1, missing: 0, altered: 0, damaged: [] },
  })
})

function upload(token: string, bytes: Uint8Array<ArrayBuffer>): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': '*/*' }
  return fetch(`${house.url}/xrpc/com.atproto.repo.uploadBlob`, { method: 'POST', headers, body: bytes })
}

const uploaders = new Map<string, { did: string; password: string }>()

/** An account of that name, made where there is none, and one picture of it. */
async function uploaded(name: string) {
  const { did, password } = uploaders.get(name) ?? (await create(name))
  uploaders.set(name, { did, password })
  const session = await fetch(`${house.url}/xrpc/com.atproto.server.createSession`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ identifier: did, password }),
  })
  const { accessJwt: token } = (await session.json()) as { accessJwt: string }
  const answer = await upload(token, pixelPng)
  const { blob } = (await answer.json()) as { blob: { ref: { $link: string } } }
  return { did, token, blob, status: answer.status }
}

async function create(name: string): Promise<{ did: string; password: string }> {
  const names = ['--handle', `${name}.test`, '--email', `${name}@example.com`]
  return JSON.parse((await heronry(['account', 'create', '--json', ...names], admin())).stdout)
}
