import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, type Question, signUp } from './ask.ts'
import { type EntrywayHouse, entrywayHouse } from './entryway-house.ts'

let house: EntrywayHouse
beforeAll(async () => {
  house = await entrywayHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

const herons = { at: 'herons', admin: 'herons-secret' } as const
const storks = { at: 'storks', admin: 'storks-secret' } as const

/** A method of host.heronry.admin. */
const askAdmin = (method: string, question: Question = herons) =>
  ask(house, `host.heronry.admin.${method}`, question)
const getAccount = (account: string, question: Question = herons) =>
  askAdmin(`getAccount?${new URLSearchParams({ account })}`, question)

test.each(['getStatus', 'listAccounts', 'getAccount?account=x'])(
  '%s answers the admin password of the community that is asked, and nothing else',
  async (method) => {
    const { created } = await signUp(house)
    const refused: Question[] = [
      {},
      { admin: storks.admin },
      { at: 'storks', admin: herons.admin },
      { admin: `${herons.admin}:` },
      { token: herons.admin },
      { token: created.body.accessJwt },
      { token: created.body.refreshJwt },
    ]
    for (const question of refused) {
      expect((await askAdmin(method, question)).status).toBe(401)
    }
    // A handle's own host has no methods.
    expect((await askAdmin(method, { ...herons, host: 'owl.herons.test' })).status).toBe(404)
    expect((await askAdmin(method)).status).not.toBe(401)
  },
)

test('the status counts the accounts of the community alone', async () => {
  const before = await askAdmin('getStatus')
  await signUp(house, 'herons')
  await signUp(house, 'storks')
  const { body } = await askAdmin('getStatus')
  expect(body).toMatchObject({
    community: 'herons',
    version: '1.2.3',
    serviceDid: 'did:web:herons.example.com',
  })
  expect(body.accounts.total).toBe(before.body.accounts.total + 1)
  expect(body.accounts.active).toBe(body.accounts.total)
})

test('accounts are listed in pages, each once and in order, and none of another community', async () => {
  const mine = [await signUp(house), await signUp(house)]
  const strangers = [await signUp(house, 'storks'), await signUp(house, 'storks')]
  const seen: string[] = []
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const page = `listAccounts?limit=1${cursor && `&cursor=${encodeURIComponent(cursor)}`}`
    const { body } = await askAdmin(page)
    seen.push(...body.accounts.map(({ handle }: { handle: string }) => handle))
    cursor = body.cursor
  }
  expect(seen.slice(-2)).toEqual(mine.map(({ handle }) => handle))
  expect(new Set(seen).size).toBe(seen.length)
  for (const { handle } of strangers) expect(seen).not.toContain(handle)
})

test('a cursor of another community, or one that is made up, reaches no account of it', async () => {
  await signUp(house, 'storks')
  const last = await signUp(house)
  const foreign = (await askAdmin('listAccounts?limit=1', storks)).body.cursor
  for (const cursor of [foreign, '0::a', `0::x'OR'1'='1`, '']) {
    const { status, body } = await askAdmin(`listAccounts?${new URLSearchParams({ cursor })}`)
    const handles: string[] = body.accounts.map(({ handle }: { handle: string }) => handle)
    expect([cursor, status, handles.at(-1)]).toEqual([cursor, 200, last.handle])
    expect(handles.filter((handle) => !handle.endsWith('.herons.test'))).toEqual([])
  }
})

test('a cursor of another form is refused', async () => {
  const did = 'did:plc:a'
  const malformed = [
    'x',
    '1::',
    `::${did}`,
    `-1::${did}`,
    `1e3::${did}`,
    `${'9'.repeat(17)}::${did}`,
    '1::did plc',
  ]
  for (const cursor of [...malformed, '1::\u0000', `253402300800000::${did}`, `1::${'a'.repeat(2049)}`]) {
    expect([cursor, await refusalOf('listAccounts', { cursor })]).toEqual([cursor, 'InvalidRequest'])
  }
  for (const cursor of [`253402300799999::${did}`, `1::${'a'.repeat(2048)}`]) {
    expect([cursor, await refusalOf('listAccounts', { cursor })]).toEqual([cursor, undefined])
  }
})

test('an account is found by DID, handle and address, at its own community alone', async () => {
  const { created, handle, email } = await signUp(house)
  const { did } = created.body
  for (const name of [did, handle, email, handle.toUpperCase(), email.toUpperCase()]) {
    expect((await getAccount(name)).body).toMatchObject({ did, email, status: 'active' })
    expect(await getAccount(name, storks)).toMatchObject({ status: 400, body: { error: 'NotFound' } })
  }
})

test('an address that two communities know is the account of the one that is asked', async () => {
  const [mine, stranger] = [await signUp(house), await signUp(house, 'storks')]
  await house.db
    .updateTable('account')
    .set({ email: mine.email })
    .where('email', '=', stranger.email)
    .execute()
  expect((await getAccount(mine.email)).body.did).toBe(mine.created.body.did)
  expect((await getAccount(mine.email, storks)).body.did).toBe(stranger.created.body.did)
})

test('a page holds 1 to 500 accounts, and a name 1 to 2048 characters', async () => {
  expect(await refusalOf('listAccounts', { limit: '0' })).toBe('InvalidRequest')
  expect(await refusalOf('listAccounts', { limit: '1' })).toBeUndefined()
  expect(await refusalOf('listAccounts', { limit: '500' })).toBeUndefined()
  expect(await refusalOf('listAccounts', { limit: '501' })).toBe('InvalidRequest')
  const ofLength = (count: number) => refusalOf('getAccount', { account: 'a'.repeat(count) })
  expect(await ofLength(0)).toBe('InvalidRequest')
  expect(await ofLength(1)).toBe('NotFound')
  expect(await ofLength(2048)).toBe('NotFound')
  expect(await ofLength(2049)).toBe('InvalidRequest')
  expect(await refusalOf('getAccount', { account: '\u0000' })).toBe('InvalidRequest')
})

/** The name of the error, if there is one. */
async function refusalOf(method: string, params: Record<string, string>): Promise<string | undefined> {
  const { status, body } = await askAdmin(`${method}?${new URLSearchParams(params)}`)
  expect(status).toBe(body.error === undefined ? 200 : 400)
  return body.error
}
