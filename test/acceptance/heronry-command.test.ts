import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { heronry, type RunOptions } from './heronry-command.ts'
import type { House } from './house.ts'
import { oneProcess } from './house-kinds.ts'

let house: House
let folder: string
beforeAll(async () => {
  house = await oneProcess.start({ env: { PDS_INVITE_REQUIRED: 'true' } })
  folder = await mkdtemp(join(tmpdir(), 'heronry-command-'))
})
afterAll(async () => {
  await house?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const admin = (options: RunOptions = {}): RunOptions => ({
  ...options,
  env: {
    HERONRY_URL: house.url,
    PDS_ADMIN_PASSWORD: house.adminPassword,
    HERONRY_DATABASE_URL: house.database.url,
    ...options.env,
  },
})
const create = (name: string, email = `${name}@example.com`) =>
  heronry(['account', 'create', '--json', '--handle', `${name}.test`, '--email', email], admin())

test('an account is created without a word about invites, found, listed, and its repo is whole', async () => {
  const created = await create('ada')
  expect(created).toMatchObject({ code: 0, stderr: '' })
  const { did, password } = JSON.parse(created.stdout)
  const session = await fetch(`${house.url}/xrpc/com.atproto.server.createSession`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ identifier: 'ada.test', password }),
  })
  expect(session.status).toBe(200)

  const [info, list, status, verified] = await Promise.all([
    heronry(['account', 'info', 'ada@example.com', '--json'], admin()),
    heronry(['account', 'list'], admin()),
    heronry(['status', '--json'], admin()),
    heronry(['repo', 'verify', did, '--json'], admin()),
  ])
  expect([info.code, JSON.parse(info.stdout).did]).toEqual([0, did])
  expect(list.stdout).toMatch(/^DID +HANDLE +STATUS/)
  expect(list.stdout).toContain(`${did}  ada.test`)
  expect(JSON.parse(status.stdout).accounts.active).toBeGreaterThan(0)
  expect(verified.code).toBe(0)
  expect(JSON.parse(verified.stdout)).toMatchObject([{ did, community: 'default', problems: [] }])
})

test('what goes wrong has an exit code of its own, a message on standard error, and no data', async () => {
  await create('bea')
  expect(await create('bea', 'other@example.com')).toMatchObject({ code: 4, stdout: '' })
  expect(await create('cid', 'bea@example.com')).toMatchObject({ code: 4, stdout: '' })
  const cases: [args: string[], code: number, env?: Record<string, string>][] = [
    [['account', 'info', 'nobody.test'], 3],
    [['account', 'info'], 2],
    [['account', 'list', '--limit', '0'], 2],
    [['fly'], 2],
    [['status', '--url', 'ftp://x'], 2],
    [['status', '--url', 'http://admin:secret@localhost'], 2],
    [['status'], 1, { PDS_ADMIN_PASSWORD: 'wrong' }],
    [['status'], 2, { PDS_ADMIN_PASSWORD: '' }],
    [['status'], 5, { HERONRY_URL: 'http://127.0.0.1:1' }],
    [['repo', 'verify', 'ada.test'], 2],
    [['repo', 'verify', 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa', '--json'], 3],
    [['community', 'list'], 5, { HERONRY_DATABASE_URL: 'postgres://x@127.0.0.1:1/x' }],
    [['community', 'list'], 1, { HERONRY_DATABASE_URL: '' }],
  ]
  const all = await Promise.all(cases.map(([args, , env = {}]) => heronry(args, admin({ env }))))
  for (const [at, ran] of all.entries()) {
    const [args, code] = cases[at] ?? [[], 0]
    expect([args.join(' '), ran.code, ran.stderr !== '']).toEqual([args.join(' '), code, true])
    if (code !== 3) expect(ran.stdout).toBe('')
  }
  expect(await heronry(['--help'])).toMatchObject({ code: 0, stderr: '' })
})

test('a damaged repo is named, and one of several makes the verdict partial', async () => {
  const dids = await Promise.all(['dan', 'eve'].map(async (it) => JSON.parse((await create(it)).stdout).did))
  const { db } = house.database
  const { id } = await db
    .selectFrom('actor')
    .select('id')
    .where('did', '=', dids[0])
    .executeTakeFirstOrThrow()
  await db
    .updateTable('repo')
    .set({ commit: Buffer.from('x') })
    .where('actor_id', '=', id)
    .execute()
  const one = await heronry(['repo', 'verify', dids[0]], admin())
  expect(one.code).toBe(1)
  expect(one.stdout).toContain('damaged')
  expect(one.stderr).toContain(`${dids[0]}: The commit block is not the one that the head names`)
  expect((await heronry(['repo', 'verify', ...dids], admin())).code).toBe(6)
})

test('a password comes by standard input or file, is kept for its owner alone, and forgotten on request', async () => {
  const env = { XDG_CONFIG_HOME: folder }
  const file = join(folder, 'password')
  await writeFile(file, `${house.adminPassword}\n`)
  expect((await heronry(['status', '--url', house.url, '--password-file', file], { env })).code).toBe(0)
  const stdin = `${house.adminPassword}\n`
  const wrong = await heronry(['login', house.url, '--password-stdin'], { env, stdin: 'wrong\n' })
  expect(wrong.code).toBe(1)
  expect(await heronry(['login', house.url, '--password-stdin'], { env, stdin })).toMatchObject({
    code: 0,
    stdout: '',
  })
  const kept = join(folder, 'heronry/credentials.json')
  expect((await stat(kept)).mode & 0o777).toBe(0o600)
  expect((await heronry(['status'], { env })).code).toBe(0)
  expect((await heronry(['logout'], { env })).code).toBe(0)
  expect(await readFile(kept, 'utf8')).not.toContain(house.adminPassword)
  expect((await heronry(['status', '--url', house.url], { env })).code).toBe(2)
})

test('communities are applied from a file: tried first, changed only by consent', async () => {
  const file = join(folder, 'communities.yaml')
  const write = (name: string) =>
    writeFile(
      file,
      `communities: [{ slug: storks, hostname: storks.example, handleDomains: [.storks.example], settings: { name: ${name} } }]`,
    )
  const apply = (...args: string[]) => heronry(['community', 'apply', file, ...args, '--json'], admin())
  const changeOf = ({ stdout }: { stdout: string }) => JSON.parse(stdout)[0].change
  await write('Storks')
  expect(changeOf(await apply('--dry-run'))).toBe('create')
  expect(changeOf(await apply())).toBe('create')
  expect((await heronry(['community', 'list'], admin())).stdout).toContain('storks.example')
  await write('Grey')
  expect(await apply()).toMatchObject({ code: 2, stdout: '' })
  expect(changeOf(await apply('--yes', '--reason', 'a new name'))).toBe('update')
})

test('a configuration is validated with every problem at once, and shown without its secrets', async () => {
  const file = join(folder, 'pds.env')
  await writeFile(file, 'PDS_ADMIN_PASSWORD=planted-secret\nHERONRY_DATABASE_URL=mysql://x\nPDS_PORT=no\n')
  const invalid = await heronry(['config', 'validate', '--env-file', file, '--json'])
  expect(invalid.code).toBe(1)
  expect(JSON.parse(invalid.stdout).problems.length).toBeGreaterThan(2)
  await writeFile(file, 'HERONRY_DATABASE_URL=postgres://heron:planted-secret@db.example/heronry\n')
  expect((await heronry(['config', 'validate', '--env-file', file, '--service', 'email'])).code).toBe(0)
  const shown = await heronry(['config', 'show', '--env-file', file, '--service', 'email'])
  expect(JSON.parse(shown.stdout).database.url).toContain('db.example')
  expect(shown.stdout + shown.stderr).not.toContain('planted')
})
