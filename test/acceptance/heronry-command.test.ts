import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { administrator, heronry, inShell, type Ran, type RunOptions } from './heronry-command.ts'
import type { House } from './house.ts'
import { oneProcess } from './house-kinds.ts'

const kek = randomBytes(32).toString('hex')

let house: House
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heronry-command-'))
  house = await oneProcess.start({ env: { PDS_INVITE_REQUIRED: 'true', HERONRY_KEK: kek } })
})
afterAll(async () => {
  await house?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const admin = ({ env, ...options }: RunOptions = {}): RunOptions => ({
  ...options,
  env: { ...administrator(house), ...env },
})
const create = (name: string, email = `${name}@example.com`) =>
  heronry(['account', 'create', '--json', '--handle', `${name}.test`, '--email', email], admin())
const didOf = async (name: string): Promise<string> => JSON.parse((await create(name)).stdout).did
const status = (env: Record<string, string>) => heronry(['status'], admin({ env }))

test('an account is created without a word about invites, with a password that works, and found by each of its names', async () => {
  const created = await create('ada')
  expect(created).toMatchObject({ code: 0, stderr: '' })
  const { did, password } = JSON.parse(created.stdout)
  const session = await fetch(`${house.url}/xrpc/com.atproto.server.createSession`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ identifier: 'ada.test', password }),
  })
  expect(session.status).toBe(200)
  for (const name of [did, 'ada.test', 'ADA.test', '@ada.test', 'at://ada.test', 'ada@example.com']) {
    const info = await heronry(['account', 'info', name, '--json'], admin())
    expect([name, info.code, JSON.parse(info.stdout).did]).toEqual([name, 0, did])
  }
  const human = await heronry(['account', 'info', did], admin())
  expect(human.stdout).toMatch(/^handle +ada\.test$/m)
})

test('what administrators did is listed, exported whole and verified; whoever writes it anew is found by a head that was noted', async () => {
  const did = await didOf('audited')
  await heronry(['account', 'info', did], admin())
  const list = await heronry(['audit', 'list', '--subject', did], admin())
  expect(list.stdout).toMatch(/legacy-admin +\S+ +host\.heronry\.admin\.getAccount +did:plc:\S+ +done/)
  const verified = await heronry(['audit', 'verify', '--json'], admin())
  expect(verified).toMatchObject({ code: 0, stderr: '' })
  const { head } = JSON.parse(verified.stdout)
  const exported = await heronry(['audit', 'export'], admin())
  const rows = exported.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1))
  expect(`${rows.at(-1).seq}:${rows.at(-1).hash}`).toBe(head)
  expect((await heronry(['audit', 'verify', '--head', head], admin())).code).toBe(0)
  const other = head.replace(/.$/, (digit: string) => (digit === '0' ? '1' : '0'))
  const forged = await heronry(['audit', 'verify', '--head', other], admin())
  expect(forged).toMatchObject({ code: 1, stdout: '' })
  expect(forged.stderr).toContain('had another hash')
  expect((await heronry(['audit', 'verify', '--head', 'x'], admin())).code).toBe(2)
})

test('the words of a community about handles are listed, added and removed, and hold for who signs up', async () => {
  const rules = async (...args: string[]) => {
    const ran = await heronry(['handle-rule', ...args, '--json'], admin())
    return ran.code === 0 ? JSON.parse(ran.stdout) : ran.stderr
  }
  expect(await rules('list')).toEqual([])
  const bittern = { kind: 'reserved', word: 'bittern' }
  const crane = { kind: 'reserved', word: 'crane' }
  expect(await rules('add', 'reserved', 'Bittern', 'crane')).toEqual([bittern, crane])
  expect(await create('bittern')).toMatchObject({ code: 4 })
  expect((await heronry(['handle-rule', 'list'], admin())).stdout).toMatch(/^reserved +crane$/m)
  expect(await rules('remove', 'reserved', 'bittern', 'crane')).toEqual([])
  expect(await create('bittern')).toMatchObject({ code: 0 })
  expect(await rules('add', 'rude', 'heron')).toContain(
    'Allowed choices are reserved, inappropriate, allowed',
  )
  expect(await rules('add', 'reserved', 'two words')).toContain('letters, digits, dots and hyphens')
})

test('a mail that could not be sent is listed, tried again and shown; a preview is seen without a house', async () => {
  const mail = async (...args: string[]) => {
    const ran = await heronry(['mail', ...args, '--json'], admin())
    return ran.code === 0 ? JSON.parse(ran.stdout) : ran.stderr
  }
  const { id } = await mail('test', 'operator@example.com')
  // The house has no SMTP server; others have mails there, too.
  const dead = await vi.waitUntil(
    async () => (await mail('dead')).find((it: { id: string }) => it.id === id),
    { timeout: 20_000, interval: 200 },
  )
  expect(dead).toMatchObject({ id, template: 'test', to: 'o***@example.com', state: 'failed', tries: 1 })
  expect(await mail('retry', dead.id)).toEqual({ retried: 1 })
  expect(await mail('retry', 'x')).toContain('A mail is named by its number')
  expect(await mail('unsuppress', 'operator@example.com')).toEqual({ lifted: false })
  const did = await didOf('invited')
  expect(await mail('of', did)).toEqual([])
  const { code } = await mail('invite', 'guest@example.com')
  expect(code).toMatch(/-[a-z2-7]{5}-[a-z2-7]{5}$/)
  const preview = await heronry(['mail', 'preview', 'reset-password', '--name', 'The <Storks>'])
  expect(preview.stdout).toContain('Subject: Password Reset Requested')
  expect(preview.stdout).toContain('your account at The <Storks>')
  expect((await heronry(['mail', 'preview', 'x'])).stderr).toContain('There is: confirm-email, ')
})

test('what is wrong with how mail is set up is said, without a password', async () => {
  const env = {
    PDS_EMAIL_SMTP_URL: 'smtp://me:p@ss@mail.invalid',
    PDS_EMAIL_FROM_ADDRESS: 'house@heron.invalid',
  }
  const { code, stdout, stderr } = await heronry(['mail', 'doctor'], { env })
  expect(code).toBe(1)
  expect(stdout).toMatch(/^trouble +SMTP URL: PDS_EMAIL_SMTP_URL: an @ .* %40$/m)
  expect(stdout).toMatch(/^trouble +SPF of heron\.invalid: /m)
  expect(stdout + stderr).not.toContain('p@ss')
})

test('an account is suspended until a moment, for a reason that is written down, and before it given back', async () => {
  const did = await didOf('paused')
  const run = (...args: string[]) => heronry(['account', ...args, '--json'], admin())
  const until = ['--until', '2030-01-31']
  const suspended = await run('suspend', 'paused.test', ...until, '--reason', 'spam')
  expect(JSON.parse(suspended.stdout)).toEqual({
    did,
    status: 'suspended',
    suspendedUntil: '2030-01-31T00:00:00.000Z',
  })
  const lifted = await run('unsuspend', did, '--reason', 'a mistake')
  expect(JSON.parse(lifted.stdout)).toEqual({ did, status: 'active' })
  const { stdout } = await heronry(['audit', 'list', '--subject', did], admin())
  expect(stdout).toMatch(/liftSuspension .* done +a mistake$/m)
  expect(stdout).toMatch(/suspendAccount .* done +spam$/m)
  expect((await run('suspend', did, ...until)).code).toBe(2)
  expect((await run('suspend', did, '--until', 'soon', '--reason', 'x')).code).toBe(2)
  expect((await run('suspend', 'nobody.test', ...until, '--reason', 'x')).code).toBe(3)
})

test('what goes wrong has an exit code of its own, a message on standard error, and no data', async () => {
  await create('bea')
  expect(await create('bea', 'other@example.com')).toMatchObject({ code: 4, stdout: '' })
  expect(await create('cid', 'bea@example.com')).toMatchObject({ code: 4, stdout: '' })
  const cases: [args: string[], code: number, says: string, env?: Record<string, string>][] = [
    [['account', 'info', 'nobody.test'], 3, 'Account not found'],
    [['account', 'info'], 2, 'missing required argument'],
    [['account', 'list', '--limit', '0'], 2, 'a number from 1 is expected'],
    [['acount'], 2, 'Did you mean account?'],
    [['status', '--url', 'ftp://x'], 2, 'is not the address of a house'],
    [['status', '--url', 'http://admin:secret@localhost'], 2, '--password-stdin'],
    [['status'], 1, 'is the password right', { PDS_ADMIN_PASSWORD: 'wrong' }],
    [['status'], 2, 'nobody to ask', { PDS_ADMIN_PASSWORD: '' }],
    [['repo', 'verify', 'ada.test'], 2, 'heronry account info'],
    [['config', 'validate', '/nonexistent/pds.env'], 2, 'ENOENT'],
    [['community', 'list'], 5, 'ECONNREFUSED', { HERONRY_DATABASE_URL: 'postgres://x@127.0.0.1:1/x' }],
    [['community', 'list'], 1, 'HERONRY_DATABASE_URL is missing', { HERONRY_DATABASE_URL: '' }],
  ]
  for (const [args, code, says, env = {}] of cases) {
    const ran = await heronry(args, admin({ env }))
    expect([args.join(' '), ran.code, ran.stdout]).toEqual([args.join(' '), code, ''])
    expect(ran.stderr).toContain(says)
    expect(ran.stderr).not.toContain('secret')
  }
  expect(await heronry(['--help'])).toMatchObject({ code: 0, stderr: '' })
})

test('a house that is down, elsewhere, moved, busy or none is told apart', async () => {
  expect(await status({ HERONRY_URL: 'http://nosuch.invalid' })).toMatchObject({ code: 5 })
  const answer = (code: number, headers = {}, body = '') =>
    asked((_request, response) => void response.writeHead(code, headers).end(body))
  const json = { 'content-type': 'application/json' }
  const at = { location: 'https://elsewhere.example/' }
  expect(await answer(301, at)).toMatchObject({ code: 2, stderr: /https:\/\/elsewhere\.example/ })
  expect(await answer(503, {}, '<html>')).toMatchObject({ code: 5, stderr: /answers 503/ })
  expect(await answer(404, {}, '<html>')).toMatchObject({ code: 1, stderr: /not as a house does/ })
  expect(await answer(200, {}, '<html>')).toMatchObject({ code: 1, stderr: /not as a house does/ })
  expect(await answer(200, json, '{}')).toMatchObject({ code: 1, stderr: /as a house does/ })
  expect(await answer(429, json, '{"error":"RateLimitExceeded"}')).toMatchObject({ code: 5 })
  const hungUp = await asked((request) => void request.socket.destroy())
  expect(hungUp).toMatchObject({ code: 5, stderr: /cannot be reached/ })
})

test('an answer has up to 16 MiB', async () => {
  const ofBytes = (count: number) => asked((_request, response) => void response.end('{}'.padEnd(count)))
  expect(await ofBytes(16_777_216)).toMatchObject({ code: 1, stderr: /as a house does/ })
  expect(await ofBytes(16_777_217)).toMatchObject({ code: 1, stderr: /too large/ })
})

/** `heronry status` of an address where this answers. */
async function asked(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const { code, stderr } = await status({ HERONRY_URL: `http://127.0.0.1:${port}` })
  server.close()
  return { code, stderr: { asymmetricMatch: (pattern: RegExp) => pattern.test(stderr) } }
}

test('a list is one list however many pages it has, and who reads its beginning alone is no failure', async () => {
  await insertAccounts(1100)
  const list = async (...args: string[]) => {
    const { stdout } = await heronry(['account', 'list', '--json', ...args], admin())
    return JSON.parse(stdout).map(({ did }: { did: string }) => did)
  }
  const all = await list()
  expect(new Set(all).size).toBe(all.length)
  expect(all.length).toBeGreaterThanOrEqual(1100)
  for (const limit of [1, 500, 501]) {
    expect(await list('--limit', `${limit}`)).toEqual(all.slice(0, limit))
  }
  const lines = (await heronry(['account', 'list'], admin())).stdout.trimEnd().split('\n')
  expect(lines[0]).toMatch(/^DID +HANDLE +STATUS +EMAIL +CREATED$/)
  expect(lines.slice(1).map((line) => line.split(/ +/)[0])).toEqual(all)

  const head = await inShell('{ heronry account list; echo "=> $?" >&2; } | head -n 1', admin())
  expect(head).toMatchObject({ code: 0, stdout: `${lines[0]}\n`, stderr: '=> 0\n' })
})

test('a damaged repo is named, and one of several makes the verdict partial', async () => {
  const dids = await Promise.all(['dan', 'eve'].map(didOf))
  const { db } = house.database
  const ofDan = db
    .selectFrom('actor')
    .select('id')
    .where('did', '=', dids[0] ?? '')
  await db
    .updateTable('repo')
    .set({ commit: Buffer.from('x') })
    .where('actor_id', '=', ofDan)
    .execute()
  const verify = (...some: string[]) => heronry(['repo', 'verify', ...some], admin())
  const [one, both, absent] = await Promise.all([
    verify(...dids.slice(0, 1)),
    verify(...dids),
    verify('did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'),
  ])
  expect(one).toMatchObject({ code: 1 })
  expect(one.stdout).toContain('damaged')
  expect(one.stderr).toContain(`${dids[0]}: The commit block is not the one that the head names`)
  expect(both).toMatchObject({ code: 6 })
  expect(absent).toMatchObject({ code: 3 })
})

test('a damaged repo is whole again once it was rebuilt, and takes writes; one that is not there is not found', async () => {
  const did = await didOf('finn')
  const { db } = house.database
  const ofFinn = db.selectFrom('actor').select('id').where('did', '=', did)
  await db
    .updateTable('repo')
    .set({ data: Buffer.alloc(32) })
    .where('actor_id', '=', ofFinn)
    .execute()
  expect((await heronry(['repo', 'verify', did], admin())).code).toBe(1)
  const env = { HERONRY_KEK: kek }
  const rebuilt = await heronry(['repo', 'rebuild', did, '--json'], admin({ env }))
  expect(rebuilt).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(rebuilt.stdout)).toMatchObject([{ did, records: 0, sameTree: false, leftOut: [] }])
  expect((await heronry(['repo', 'verify', did], admin())).code).toBe(0)
  const absent = ['repo', 'rebuild', 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa']
  expect(await heronry(absent, admin({ env }))).toMatchObject({ code: 3 })
  expect(await heronry(['repo', 'rebuild', 'finn.test'], admin({ env }))).toMatchObject({ code: 2 })
})

test('a password comes by standard input, a file or a person, is kept for its owner alone, and forgotten on request', async () => {
  const env = { XDG_CONFIG_HOME: folder }
  const file = join(folder, 'password')
  await writeFile(file, `${house.adminPassword}\n`)
  const at = ['status', '--url', house.url]
  expect(await heronry([...at, '--password-file', file], { env })).toMatchObject({ code: 0 })
  const login = ['login', house.url, '--password-stdin']
  expect(await heronry(login, { env, stdin: 'wrong\n' })).toMatchObject({ code: 1 })
  expect(await heronry(login, { env, stdin: `${house.adminPassword}\n` })).toMatchObject({
    code: 0,
    stdout: '',
  })
  const kept = join(folder, 'heronry/credentials.json')
  expect((await stat(kept)).mode & 0o777).toBe(0o600)
  expect(await heronry(['status'], { env })).toMatchObject({ code: 0 })
  expect(await heronry(['logout'], { env })).toMatchObject({ code: 0 })
  expect(await readFile(kept, 'utf8')).not.toContain(house.adminPassword)

  expect(await heronry(at, { env })).toMatchObject({ code: 2 })
  const typed = await heronry(at, { env, typed: `${house.adminPassword}\r` })
  expect(typed).toMatchObject({ code: 0 })
  expect(typed.stderr).not.toContain(house.adminPassword)
  expect(await heronry(at, { env, typed: '\r' })).toMatchObject({ code: 2 })
  expect(await heronry(at, { env, typed: '\x03' })).toMatchObject({ code: 1, stdout: '' })
})

test('a password has up to 4096 bytes', async () => {
  const ofBytes = (count: number) =>
    heronry(['status', '--password-stdin'], admin({ stdin: `${'x'.repeat(count)}\n` }))
  expect(await ofBytes(4096)).toMatchObject({ code: 1 })
  expect(await ofBytes(4097)).toMatchObject({ code: 2 })
})

test('communities are applied from a file: tried first, changed only by consent, and none moves', async () => {
  const file = join(folder, 'communities.yaml')
  const write = (name: string, hostname = 'storks.example') =>
    writeFile(
      file,
      `communities: [{ slug: storks, hostname: ${hostname}, handleDomains: [.storks.example], settings: { name: ${name} } }]`,
    )
  const apply = (args: string[], options: RunOptions = {}) =>
    heronry(['community', 'apply', file, '--json', ...args], admin(options))
  const changeOf = ({ stdout }: Ran) => JSON.parse(stdout)[0].change
  await write('Storks')
  expect(changeOf(await apply(['--dry-run']))).toBe('create')
  expect(changeOf(await apply(['--yes']))).toBe('create')
  await write('Grey')
  expect(await apply([])).toMatchObject({ code: 2, stdout: '' })
  expect(await apply([], { typed: 'n\r' })).toMatchObject({ code: 1, stdout: '' })
  expect(changeOf(await apply([], { typed: 'y\r' }))).toBe('update')
  await write('White')
  const changed = await apply(['--yes', '--reason', 'a new name'])
  expect([changeOf(changed), changed.stderr]).toEqual(['update', 'Applied: a new name\n'])
  await write('White', 'elsewhere.example')
  const moved = await apply(['--yes'])
  expect(moved).toMatchObject({ code: 4, stdout: '' })
  expect(moved.stderr).toContain('cannot become elsewhere.example')
})

test('a configuration is validated with every problem at once, and shown without its secrets', async () => {
  const file = join(folder, 'pds.env')
  await writeFile(file, 'PDS_ADMIN_PASSWORD=planted-secret\nHERONRY_DATABASE_URL=mysql://x\nPDS_PORT=no\n')
  const invalid = await heronry(['config', 'validate', file, '--json'])
  expect(invalid.code).toBe(1)
  expect(JSON.parse(invalid.stdout).problems.length).toBeGreaterThan(2)
  await writeFile(file, 'HERONRY_DATABASE_URL=postgres://heron:planted-secret@db.example/heronry\n')
  expect(await heronry(['config', 'validate', file, '--service', 'email'])).toMatchObject({ code: 0 })
  const own = {
    HERONRY_URL: 'http://localhost',
    HERONRY_ADMIN_PASSWORD: 'x',
    HERONRY_DATABASE_URL: 'postgres://a@b/c',
  }
  const usable = await heronry(['config', 'validate', '--service', 'email'], { env: own })
  expect(usable).toMatchObject({ code: 0, stdout: 'usable\n' })
  const shown = await heronry(['config', 'show', '--redacted', file, '--service', 'email'])
  expect(JSON.parse(shown.stdout).database.url).toContain('db.example')
  expect(shown.stdout + shown.stderr).not.toContain('planted')
})

async function insertAccounts(count: number): Promise<void> {
  const { db } = house.database
  const actors = await db
    .insertInto('actor')
    .values(
      Array.from({ length: count }, (_, at) => ({
        community_id: 1,
        did: `did:web:u${at}.test`,
        handle: `u${at}.test`,
      })),
    )
    .returning(['id', 'handle'])
    .execute()
  await db
    .insertInto('account')
    .values(
      actors.map(({ id, handle }) => ({
        actor_id: id,
        community_id: 1,
        email: `${handle}@example.com`,
        password: 'none',
      })),
    )
    .execute()
}
