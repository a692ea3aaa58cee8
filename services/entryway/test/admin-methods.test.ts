import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, signUp } from './ask.ts'
import { type EntrywayHouse, entrywayHouse } from './entryway-house.ts'

let house: EntrywayHouse
beforeAll(async () => {
  house = await entrywayHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

const herons = { at: 'herons', admin: 'herons-secret' } as const

test.each(['getStatus', 'listAccounts', 'getAccount?account=x'])(
  '%s answers the admin password of the community that is asked, and no other credential',
  async (method) => {
    for (const question of [{}, { admin: 'storks-secret' }, { token: 'x.y.z' }]) {
      expect((await ask(house, `host.heronry.admin.${method}`, question)).status).toBe(401)
    }
  },
)

test('the status counts the accounts of the community alone', async () => {
  const before = await ask(house, 'host.heronry.admin.getStatus', herons)
  await signUp(house, 'herons')
  await signUp(house, 'storks')
  const { body } = await ask(house, 'host.heronry.admin.getStatus', herons)
  expect(body).toMatchObject({
    community: 'herons',
    version: '1.2.3',
    serviceDid: 'did:web:herons.example.com',
  })
  expect(body.accounts.total).toBe(before.body.accounts.total + 1)
  expect(body.accounts.active).toBe(body.accounts.total)
})

test('accounts are listed in pages, and one is found by any of its names', async () => {
  const [first, second] = [await signUp(house), await signUp(house)]
  const stranger = await signUp(house, 'storks')
  const seen: string[] = []
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const page = `host.heronry.admin.listAccounts?limit=1${cursor && `&cursor=${encodeURIComponent(cursor)}`}`
    const { body } = await ask(house, page, herons)
    seen.push(...body.accounts.map(({ handle }: { handle: string }) => handle))
    cursor = body.cursor
  }
  expect(seen).toEqual(expect.arrayContaining([first.handle, second.handle]))
  expect(seen).not.toContain(stranger.handle)

  for (const name of [first.created.body.did, first.handle, first.email]) {
    const found = await ask(
      house,
      `host.heronry.admin.getAccount?account=${encodeURIComponent(name)}`,
      herons,
    )
    expect(found.body).toMatchObject({ did: first.created.body.did, email: first.email, status: 'active' })
  }
  const absent = await ask(house, `host.heronry.admin.getAccount?account=${stranger.handle}`, herons)
  expect(absent.body.error).toBe('NotFound')
})

test('a page holds up to 500 accounts', async () => {
  const ofLimit = (limit: number) => ask(house, `host.heronry.admin.listAccounts?limit=${limit}`, herons)
  expect((await ofLimit(500)).status).toBe(200)
  expect((await ofLimit(501)).status).toBe(400)
})
