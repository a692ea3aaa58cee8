import { accountInfosMax, passwordLengthMax } from '@heronry/accounts/limits'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Person, somebody } from './admin-calls.ts'
import { ask, type Question } from './ask.ts'
import { type EntrywayHouse, entrywayHouse } from './entryway-house.ts'
import { told } from './told.ts'

let house: EntrywayHouse
beforeAll(async () => {
  house = await entrywayHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

const herons = { at: 'herons', admin: 'herons-secret' } as const
const storks = { at: 'storks', admin: 'storks-secret' } as const
const askAdmin = (method: string, question: Question = herons) =>
  ask(house, `com.atproto.admin.${method}`, question)
const errorOf = ({ status, body }: { status: number; body: { error: string } }) => [status, body.error]
const unknown = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
const signIn = ({ email, at }: Person, password: string) =>
  ask(house, 'com.atproto.server.createSession', { at, input: { identifier: email, password } })

describe('getAccountInfos', () => {
  const infos = async (dids: string[], question: Question = herons) => {
    const query = dids.map((did) => `dids=${encodeURIComponent(did)}`).join('&')
    return await askAdmin(`getAccountInfos?${query}`, question)
  }

  test('answers for every DID that the community hosts, in the order asked, each once, whatever its state', async () => {
    const people = [await somebody(house), await somebody(house), await somebody(house)]
    const [first, second, third] = people.map(({ did }) => did) as [string, string, string]
    await house.db.updateTable('actor').set({ takedown_ref: 'x' }).where('did', '=', first).execute()
    await house.db
      .updateTable('actor')
      .set({ deactivated_at: new Date() })
      .where('did', '=', second)
      .execute()
    const { body } = await infos([third, first, unknown, second, first])
    expect(body.infos.map(({ did }: Person) => did)).toEqual([third, first, second])
    for (const did of [first, second, third]) {
      const one = await askAdmin(`getAccountInfo?did=${did}`)
      expect(body.infos.find((info: Person) => info.did === did)).toEqual(one.body)
    }
    expect((await infos([first, second], storks)).body.infos).toEqual([])
  })

  test('shows who invited whom, where an invite is asked for', async () => {
    const [host, other] = [await somebody(house, 'storks'), await somebody(house, 'storks')]
    const order = { ...storks, input: { codeCount: 2, useCount: 1, forAccounts: [host.did, other.did] } }
    const made = (await ask(house, 'com.atproto.server.createInviteCodes', order)).body.codes
    const [inviteCode] = made[0].codes
    const input = {
      handle: 'guest1.storks.test',
      email: 'guest1@example.com',
      password: 'secret',
      inviteCode,
    }
    const guest = (await ask(house, 'com.atproto.server.createAccount', { at: 'storks', input })).body.did
    const { body } = await infos([guest, host.did, other.did], storks)
    const [invited, hosting, without] = body.infos
    expect(invited.invitedBy).toMatchObject({
      code: inviteCode,
      forAccount: host.did,
      uses: [{ usedBy: guest }],
    })
    expect(hosting.invites.map(({ code }: { code: string }) => code).sort()).toEqual(made[0].codes.sort())
    expect(without.invites).toHaveLength(2)
    expect(invited.invites).toEqual([])
    expect(invited).toEqual((await askAdmin(`getAccountInfo?did=${guest}`, storks)).body)
  })

  test('is asked for up to its limit of accounts, and not past it', async () => {
    const many = (count: number) => Array.from({ length: count }, (_, n) => `did:web:a${n}.example`)
    expect((await infos(many(accountInfosMax))).status).toBe(200)
    expect(errorOf(await infos(many(accountInfosMax + 1)))).toEqual([400, 'InvalidRequest'])
    expect(errorOf(await askAdmin('getAccountInfos'))).toEqual([400, 'InvalidRequest'])
    expect(errorOf(await infos(['nobody']))).toEqual([400, 'InvalidRequest'])
  })
})

describe('searchAccounts', () => {
  const search = (params: Record<string, string>, question: Question = herons) =>
    askAdmin(`searchAccounts?${new URLSearchParams(params)}`, question)
  const didsOf = ({ body }: { body: { accounts: Person[] } }) => body.accounts.map(({ did }) => did)

  test('finds by the beginning of an address, in any case, at its own community alone', async () => {
    const person = await somebody(house)
    const start = person.email.slice(0, -10)
    expect(didsOf(await search({ email: person.email }))).toEqual([person.did])
    expect(didsOf(await search({ email: start.toUpperCase() }))).toContain(person.did)
    expect(didsOf(await search({ email: person.email }, storks))).toEqual([])
    expect(didsOf(await search({ email: '%' }))).toEqual([])
    expect(didsOf(await search({ email: 'example.com' }))).toEqual([])
    const [found] = (await search({ email: person.email })).body.accounts
    expect(found).toEqual((await askAdmin(`getAccountInfo?did=${person.did}`)).body)
  })

  test('shows all accounts in pages, each once, and none of another community', async () => {
    const stranger = await somebody(house, 'storks')
    const all = didsOf(await search({ limit: '100' }))
    const seen: string[] = []
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const page = await search({ limit: '2', ...(cursor && { cursor }) })
      seen.push(...didsOf(page))
      cursor = page.body.cursor
    }
    expect(seen).toEqual(all)
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen).not.toContain(stranger.did)
  })

  test('takes 1 to 100 accounts, and no cursor of another form', async () => {
    expect((await search({ limit: '1' })).status).toBe(200)
    for (const limit of ['0', '101']) expect((await search({ limit })).status).toBe(400)
    for (const cursor of ['x', '!', Buffer.from('a\0@b').toString('base64url')]) {
      expect(errorOf(await search({ cursor }))).toEqual([400, 'InvalidRequest'])
    }
  })
})

describe('updateAccountEmail', () => {
  const update = (input: object, question: Question = herons) =>
    askAdmin('updateAccountEmail', { ...question, input })

  test('gives an account, by DID or handle, another address, which is not confirmed', async () => {
    const person = await somebody(house)
    await house.db
      .updateTable('account')
      .set({ email_confirmed_at: new Date() })
      .where('email', '=', person.email)
      .execute()
    const answer = await update({ account: person.did, email: 'Changed.Once@example.com' })
    expect([answer.status, answer.text]).toEqual([200, ''])
    const { body } = await askAdmin(`getAccountInfo?did=${person.did}`)
    expect(body).toMatchObject({ email: 'changed.once@example.com' })
    expect(body).not.toHaveProperty('emailConfirmedAt')
    expect((await update({ account: person.handle, email: 'changed.twice@example.com' })).status).toBe(200)
    expect((await signIn({ ...person, email: 'changed.twice@example.com' }, person.password)).status).toBe(
      200,
    )
  })

  test('takes the tokens away that were mailed to the old one', async () => {
    const { did, created } = await somebody(house)
    const token = created.body.accessJwt
    await ask(house, 'com.atproto.server.requestEmailConfirmation', { post: true, token })
    const tokens = () => house.db.selectFrom('email_token').select('purpose').execute()
    expect(await tokens()).toHaveLength(1)
    await update({ account: did, email: 'no-tokens@example.com' })
    expect(await tokens()).toEqual([])
  })

  test('refuses an address that is taken, in any case, also by a sign-up; at another community it is free', async () => {
    const [one, other, stork] = [
      await somebody(house),
      await somebody(house),
      await somebody(house, 'storks'),
    ]
    const taken = await update({ account: one.did, email: other.email.toUpperCase() })
    expect(errorOf(taken)).toEqual([400, 'InvalidRequest'])
    expect((await update({ account: stork.did, email: other.email }, storks)).status).toBe(200)
    // Its own, again.
    expect((await update({ account: one.did, email: one.email })).status).toBe(200)
  })

  test('refuses what is no address, and an account that is not there', async () => {
    const stork = await somebody(house, 'storks')
    const { did } = await somebody(house)
    for (const email of ['', 'a', 'a@b', 'a\u0000@example.com']) {
      expect(errorOf(await update({ account: did, email }))).toEqual([400, 'InvalidRequest'])
    }
    for (const account of [unknown, 'nobody.herons.test', stork.did, stork.handle]) {
      expect(errorOf(await update({ account, email: 'x@example.com' }))).toEqual([400, 'NotFound'])
    }
  })

  test('of two who want one address at once, one gets it', async () => {
    const people = [await somebody(house), await somebody(house)]
    const email = 'wanted@example.com'
    const answers = await Promise.all(people.map(({ did }) => update({ account: did, email })))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400])
  })
})

describe('updateAccountPassword', () => {
  const update = (input: object, question: Question = herons) =>
    askAdmin('updateAccountPassword', { ...question, input })

  test('sets another password and ends all sessions', async () => {
    const person = await somebody(house)
    const { accessJwt, refreshJwt } = person.created.body
    const answer = await update({ did: person.did, password: 'another word' })
    expect([answer.status, answer.text]).toEqual([200, ''])
    expect((await ask(house, 'com.atproto.server.getSession', { token: accessJwt })).status).toBe(400)
    const refresh = await ask(house, 'com.atproto.server.refreshSession', { post: true, token: refreshJwt })
    expect(refresh.status).not.toBe(200)
    expect((await signIn(person, person.password)).status).toBe(401)
    expect((await signIn(person, 'another word')).status).toBe(200)
  })

  test('takes a password up to its limit, and not past it, nor none', async () => {
    const { did } = await somebody(house)
    expect((await update({ did, password: 'x'.repeat(passwordLengthMax) })).status).toBe(200)
    for (const password of ['x'.repeat(passwordLengthMax + 1), '']) {
      const { status, body } = await update({ did, password })
      expect([status, body]).toEqual([400, { error: 'InvalidRequest', message: 'Invalid password length.' }])
    }
  })

  test('of nobody, or of another community, is a 400', async () => {
    const stork = await somebody(house, 'storks')
    for (const did of [unknown, stork.did]) {
      expect(errorOf(await update({ did, password: 'another' }))).toEqual([400, 'NotFound'])
    }
    expect((await signIn(stork, stork.password)).status).toBe(200)
  })
})

describe('deleteAccount', () => {
  const remove = (did: string, question: Question = herons) =>
    askAdmin('deleteAccount', { ...question, input: { did } })

  test('deletes at once, and tells the world; again, there is nobody', async () => {
    const person = await somebody(house)
    const answer = await remove(person.did)
    expect([answer.status, answer.text]).toEqual([200, ''])
    expect(errorOf(await askAdmin(`getAccountInfo?did=${person.did}`))).toEqual([400, 'NotFound'])
    expect((await signIn(person, person.password)).status).toBe(401)
    expect(errorOf(await remove(person.did))).toEqual([400, 'NotFound'])
    expect(await told(house, person.did)).toEqual(['active', 'deleted'])
  })

  test('of nobody, or of another community, is a 400', async () => {
    const stork = await somebody(house, 'storks')
    for (const did of [unknown, stork.did]) expect(errorOf(await remove(did))).toEqual([400, 'NotFound'])
    expect((await signIn(stork, stork.password)).status).toBe(200)
    expect(await told(house, stork.did)).toEqual(['active'])
  })

  test('twice at once deletes once', async () => {
    const { did } = await somebody(house)
    const answers = await Promise.all([remove(did), remove(did), remove(did)])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400])
    expect(await told(house, did)).toEqual(['active', 'deleted'])
  })
})
