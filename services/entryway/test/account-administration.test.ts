import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Person, repoRef, somebody } from './admin-calls.ts'
import { ask, type Question } from './ask.ts'
import { type EntrywayHouse, entrywayHouse } from './entryway-house.ts'
import { storeRecordAndBlob } from './stored-subjects.ts'
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
const refusal = ({ status, body }: { status: number; body: { error: string; message: string } }) => [
  status,
  body.error,
  body.message,
]
const cid = 'bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454'
const unknown = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'

const signIn = ({ email, password, at }: Person, change: object = {}) =>
  ask(house, 'com.atproto.server.createSession', { at, input: { identifier: email, password, ...change } })
const getSession = ({ at }: Person, token: string) =>
  ask(house, 'com.atproto.server.getSession', { at, token })

describe('updateSubjectStatus of an account', () => {
  const update = (change: object, question: Question = herons) =>
    askAdmin('updateSubjectStatus', { ...question, input: change })

  test('takes it down and gives it back; the answer says what was asked', async () => {
    const { did } = await somebody(house)
    const takedown = { applied: true, ref: '1771700000' }
    const answer = await update({ subject: repoRef(did), takedown })
    expect([answer.status, answer.body]).toEqual([200, { subject: repoRef(did), takedown }])
    const status = () => askAdmin(`getSubjectStatus?did=${did}`)
    expect((await status()).body).toEqual({
      subject: repoRef(did),
      takedown,
      deactivated: { applied: false },
    })
    await update({ subject: repoRef(did), takedown: { applied: false } })
    expect((await status()).body.takedown).toEqual({ applied: false })
    expect(await told(house, did)).toEqual(['active', 'takendown', 'active'])
  })

  test('without a reference has the time for one', async () => {
    const { did } = await somebody(house)
    await update({ subject: repoRef(did), takedown: { applied: true } })
    const { takedown } = (await askAdmin(`getSubjectStatus?did=${did}`)).body
    expect(Math.abs(Date.parse(takedown.ref) - Date.now())).toBeLessThan(60_000)
  })

  test('ends its sessions at once, its access tokens too', async () => {
    const person = await somebody(house)
    const { accessJwt, refreshJwt } = person.created.body
    expect((await getSession(person, accessJwt)).status).toBe(200)
    await update({ subject: repoRef(person.did), takedown: { applied: true } })
    expect((await getSession(person, accessJwt)).status).not.toBe(200)
    const refresh = await ask(house, 'com.atproto.server.refreshSession', { post: true, token: refreshJwt })
    expect(refresh.status).not.toBe(200)
    expect((await signIn(person)).body.error).toBe('AccountTakedown')
    expect((await signIn(person, { allowTakendown: true })).body.status).toBe('takendown')
    await update({ subject: repoRef(person.did), takedown: { applied: false } })
    expect((await signIn(person)).status).toBe(200)
  })

  test('deactivates and activates it, with a takedown or without', async () => {
    const { did } = await somebody(house)
    const subject = repoRef(did)
    await update({ subject, deactivated: { applied: true } })
    expect((await askAdmin(`getSubjectStatus?did=${did}`)).body.deactivated).toEqual({ applied: true })
    await update({ subject, deactivated: { applied: false } })
    await update({ subject, deactivated: { applied: true }, takedown: { applied: true } })
    await update({ subject, takedown: { applied: false } })
    expect(await told(house, did)).toEqual(['active', 'deactivated', 'active', 'takendown', 'deactivated'])
  })

  test('with nothing to change tells the world again', async () => {
    const { did } = await somebody(house)
    const answer = await update({ subject: repoRef(did) })
    expect([answer.status, answer.body]).toEqual([200, { subject: repoRef(did) }])
    expect(await told(house, did)).toEqual(['active', 'active'])
  })

  test('cannot take it down and activate it at once', async () => {
    const { did } = await somebody(house)
    const change = { takedown: { applied: true }, deactivated: { applied: false } }
    expect(refusal(await update({ subject: repoRef(did), ...change }))).toEqual([
      400,
      'InvalidRequest',
      'Cannot activate and takedown an account at the same time',
    ])
  })

  test('of nobody is a 400, and nobody hears of it; so is that of another community', async () => {
    const { did } = await somebody(house, 'storks')
    const events = async () =>
      (
        await house.db
          .selectFrom('event')
          .select((eb) => eb.fn.countAll<bigint>().as('n'))
          .executeTakeFirst()
      )?.n
    const before = await events()
    for (const stranger of [unknown, did]) {
      const answer = await update({ subject: repoRef(stranger), takedown: { applied: true } })
      expect(refusal(answer)).toEqual([400, 'NotFound', 'Account not found'])
      expect(refusal(await askAdmin(`getSubjectStatus?did=${stranger}`))).toEqual([
        400,
        'NotFound',
        'Subject not found',
      ])
    }
    expect(await events()).toBe(before)
    expect(await told(house, did)).toEqual(['active'])
  })

  test.each([
    [
      { $type: 'com.atproto.admin.defs#other', did: unknown },
      'Invalid subject (com.atproto.admin.defs#other)',
    ],
    [{ $type: 'com.atproto.repo.strongRef', uri: `at://${unknown}`, cid }, 'The URI of a record is expected'],
  ])('of what is no subject is a 400 (%#)', async (subject, message) => {
    expect(refusal(await update({ subject }))).toEqual([400, 'InvalidRequest', message])
  })
})

describe('a record and a blob', () => {
  const blobCid = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'

  async function withRecord(at: 'herons' | 'storks' = 'herons') {
    const person = await somebody(house, at)
    return { ...person, uri: await storeRecordAndBlob(house, { ...person, blobCid }) }
  }

  test('are taken down and given back, each by itself', async () => {
    const { did, uri } = await withRecord()
    const blob = { $type: 'com.atproto.admin.defs#repoBlobRef', did, cid: blobCid }
    const record = { $type: 'com.atproto.repo.strongRef', uri, cid }
    const status = async (query: Record<string, string>) =>
      (await askAdmin(`getSubjectStatus?${new URLSearchParams(query)}`)).body
    for (const subject of [blob, record]) {
      const input = { subject, takedown: { applied: true, ref: 'spam' } }
      expect((await askAdmin('updateSubjectStatus', { ...herons, input })).body).toEqual(input)
    }
    expect(await status({ did, blob: blobCid })).toEqual({
      subject: blob,
      takedown: { applied: true, ref: 'spam' },
    })
    const taken = await status({ uri })
    expect(taken).toMatchObject({ subject: { $type: record.$type, uri }, takedown: { applied: true } })
    expect((await status({ did })).takedown).toEqual({ applied: false })
    for (const subject of [blob, record]) {
      await askAdmin('updateSubjectStatus', { ...herons, input: { subject, takedown: { applied: false } } })
    }
    expect((await status({ did, blob: blobCid })).takedown).toEqual({ applied: false })
    expect((await status({ uri })).takedown).toEqual({ applied: false })
  })

  test('that are not there, or are of another community, are not found', async () => {
    const { did, uri } = await withRecord('storks')
    const takedown = { applied: true }
    const ours = await somebody(house)
    for (const [subject, message] of [
      [{ $type: 'com.atproto.repo.strongRef', uri, cid }, 'Repo not found'],
      [{ $type: 'com.atproto.admin.defs#repoBlobRef', did, cid: blobCid }, 'Repo not found'],
      [{ $type: 'com.atproto.repo.strongRef', uri: `at://${ours.did}/a.b.c/d`, cid }, 'Subject not found'],
      [{ $type: 'com.atproto.admin.defs#repoBlobRef', did: ours.did, cid: blobCid }, 'Subject not found'],
    ] as const) {
      const answer = await askAdmin('updateSubjectStatus', { ...herons, input: { subject, takedown } })
      expect(refusal(answer)).toEqual([400, 'NotFound', message])
    }
    const queries: Record<string, string>[] = [
      { uri },
      { did, blob: blobCid },
      { did: ours.did, blob: blobCid },
    ]
    for (const query of queries) {
      const answer = await askAdmin(`getSubjectStatus?${new URLSearchParams(query)}`)
      expect(refusal(answer)).toEqual([400, 'NotFound', 'Subject not found'])
    }
    expect((await askAdmin(`getSubjectStatus?${new URLSearchParams({ uri })}`, storks)).status).toBe(200)
  })

  test('are named by blob before URI before DID; a blob needs its DID, and something must be named', async () => {
    const { did, uri } = await withRecord()
    const all = await askAdmin(`getSubjectStatus?${new URLSearchParams({ did, uri, blob: blobCid })}`)
    expect(all.body.subject.$type).toBe('com.atproto.admin.defs#repoBlobRef')
    const both = await askAdmin(`getSubjectStatus?${new URLSearchParams({ did, uri })}`)
    expect(both.body.subject.$type).toBe('com.atproto.repo.strongRef')
    expect(refusal(await askAdmin(`getSubjectStatus?blob=${blobCid}`))).toEqual([
      400,
      'InvalidRequest',
      'Must provide a did to request blob state',
    ])
    expect(refusal(await askAdmin('getSubjectStatus'))).toEqual([
      400,
      'InvalidRequest',
      'No provided subject',
    ])
  })
})
