import { replacePreferences } from '@heronry/accounts/preferences'
import type { Did } from '@heronry/core/did'
import { storeDocument } from '@heronry/identity/did-cache'
import { strangerKey } from '@heronry/testing/stranger-key'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { preferencesBytesMax, preferencesMax } from '../src/limits.ts'
import { type ApiHouse, apiHouse } from './api-house.ts'
import type { Member } from './member.ts'
import { type UpstreamServer, upstreamServer } from './upstream-server.ts'

const [get, put] = ['app.bsky.actor.getPreferences', 'app.bsky.actor.putPreferences']
const moderator = 'did:web:ozone.example.com' as Did
const defs = 'app.bsky.actor.defs'

let upstream: UpstreamServer
let house: ApiHouse
let names = 0
beforeAll(async () => {
  upstream = await upstreamServer()
  house = await apiHouse({
    communitySettings: {
      appView: { url: upstream.url, did: 'did:web:appview.example.com' as Did },
      modServiceDid: moderator,
    },
  })
})
afterAll(async () => {
  await house[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

/** A member, and the same account by an app password. */
async function someone(options: Parameters<ApiHouse['member']>[1] = {}): Promise<Member> {
  names++
  return house.member(`m${'abcdefghijklmnopqrstuvwxyz'[names]}`, options)
}
const read = async (as: Member) => (await house.get(get, {}, { as })).json.preferences
const write = (as: Member, preferences: object[]) => house.post(put, { preferences }, { as })
const adult = { $type: `${defs}#adultContentPref`, enabled: true }
const other = (n: number) => ({ $type: 'app.bsky.test.defs#numberPref', n, nested: { b: 1, a: [{}] } })
const born = (date: string) => ({ $type: `${defs}#personalDetailsPref`, birthDate: date })
const age = (isOverAge13: boolean, isOverAge16: boolean, isOverAge18: boolean) => ({
  ...{ $type: `${defs}#declaredAgePref`, isOverAge13, isOverAge16, isOverAge18 },
})

describe('preferences', () => {
  test('are what was put last, in its order and as it was sent; of nobody else', async () => {
    const [me, neighbour] = [await someone(), await someone({ community: house.storks })]
    expect(await read(me)).toEqual([])
    expect((await write(me, [other(1), adult, other(2)])).status).toBe(200)
    expect((await write(neighbour, [adult])).status).toBe(200)
    expect(await read(me)).toEqual([other(1), adult, other(2)])
    await write(me, [other(3)])
    expect(JSON.stringify(await read(me))).toBe(JSON.stringify([other(3)]))
    expect(await read(neighbour)).toEqual([adult])
    await write(me, [])
    expect(await read(me)).toEqual([])
  })

  test.each([
    ['without a type', { enabled: true }, /type/],
    ['of another namespace', { $type: 'com.example.pref' }, /not in the app.bsky namespace/],
    ['of one that only begins so', { $type: 'app.bskyish.pref' }, /not in the app.bsky namespace/],
  ])('%s are refused', async (_, preference, message) => {
    const me = await someone()
    const answer = await write(me, [adult, preference])
    expect(answer).toMatchObject({ status: 400, json: { error: 'InvalidRequest' } })
    expect(answer.json.message).toMatch(message)
    expect(await read(me)).toEqual([])
  })

  test('are as many as they may be, and as long; one more, or one byte more, is refused', async () => {
    const me = await someone()
    const many = Array.from({ length: preferencesMax }, (_, n) => ({ $type: 'app.bsky.n', n }))
    expect((await write(me, many)).status).toBe(200)
    expect((await write(me, [...many, adult])).status).toBe(400)
    const sized = (bytes: number) => {
      const empty = JSON.stringify({ preferences: [{ $type: 'app.bsky.n', text: '' }] }).length
      return [{ $type: 'app.bsky.n', text: 'x'.repeat(bytes - empty) }]
    }
    expect((await write(me, sized(preferencesBytesMax + 1))).status).toBe(413)
    expect(await read(me)).toHaveLength(preferencesMax)
    expect((await write(me, sized(preferencesBytesMax))).status).toBe(200)
  })

  test('put by many at once are those of one of them', async () => {
    const me = await someone()
    const puts = Array.from({ length: 12 }, (_, n) => write(me, [other(n), other(n), other(n)]))
    expect((await Promise.all(puts)).map(({ status }) => status)).toEqual(Array(12).fill(200))
    const [first, ...rest] = await read(me)
    expect(rest).toEqual([first, first])
  })

  test('of an account that is gone are not put any more', async () => {
    const me = await someone()
    await house.db.deleteFrom('actor').where('id', '=', me.id).execute()
    const gone = { actorId: me.id, preferences: [adult], replaces: () => true }
    await expect(replacePreferences(house.db, gone)).rejects.toMatchObject({ code: 'AccountNotFound' })
  })
})

describe('personal details', () => {
  test('are shown with the account’s own password alone; how old it is, to every app', async () => {
    const me = await someone()
    const app = await narrowedTo(me)
    await write(me, [adult, born('1990-01-01T00:00:00.000Z'), age(false, false, false)])
    expect(await read(me)).toEqual([adult, born('1990-01-01T00:00:00.000Z'), age(true, true, true)])
    expect(await read(app)).toEqual([adult, age(true, true, true)])
  })

  test('stay as they are when an app puts others, and an app may not set them', async () => {
    const me = await someone()
    const app = await narrowedTo(me)
    await write(me, [born('1990-01-01T00:00:00.000Z'), adult])
    expect((await write(app, [other(1), age(true, true, false)])).status).toBe(200)
    expect(await read(me)).toEqual([born('1990-01-01T00:00:00.000Z'), other(1), age(true, true, true)])
    expect(await write(app, [born('2000-01-01T00:00:00.000Z')])).toMatchObject({
      status: 400,
      json: { message: `Do not have authorization to set preferences: ${defs}#personalDetailsPref` },
    })
  })

  test.each([
    [12, 364, age(false, false, false)],
    [13, 0, age(true, false, false)],
    [16, 0, age(true, true, false)],
    [17, 364, age(true, true, false)],
    [18, 0, age(true, true, true)],
  ])('of somebody %i years and %i days old', async (years, days, declared) => {
    const me = await someone()
    const birth = new Date(Date.now() - days * 86_400_000)
    birth.setUTCFullYear(birth.getUTCFullYear() - years)
    await write(me, [born(birth.toISOString())])
    expect((await read(me)).at(-1)).toEqual(declared)
  })

  /** A session of an app password of the same account, which may ask the AppView everything. */
  async function narrowedTo(me: Member): Promise<Member> {
    const aud = 'did:web:appview.example.com#bsky_appview'
    return { ...me, session: await house.appSession(me, [`rpc:*?aud=${aud}`]) }
  }
})

describe('who asks for preferences', () => {
  test('is the moderation service, with a token of its own and a did', async () => {
    const me = await someone()
    await write(me, [born('1990-01-01T00:00:00.000Z')])
    const key = await strangerKey()
    const methods = [{ id: '#atproto', type: 'Multikey', publicKeyMultibase: key.publicKeyMultibase }]
    const document = { id: moderator, verificationMethod: methods }
    await storeDocument(house.db, { document, fetchedAt: new Date() })
    const ask = async (params: Record<string, string>) => {
      const token = await key.serviceToken({ iss: moderator, aud: 'did:web:herons.test', lxm: get })
      return house.get(get, params, { headers: { authorization: `Bearer ${token}` } })
    }
    expect((await ask({ did: me.did })).json.preferences).toEqual([
      born('1990-01-01T00:00:00.000Z'),
      age(true, true, true),
    ])
    expect((await ask({})).status).toBe(400)
    expect((await ask({ did: 'did:web:nobody.example.com' })).status).toBe(400)
  })

  test('may be taken down: it reads, and puts nothing', async () => {
    const me = await someone({ scope: 'com.atproto.takendown' })
    await house.db.updateTable('actor').set({ takedown_ref: 'x' }).where('id', '=', me.id).execute()
    expect(await read(me)).toEqual([])
    expect((await write(me, [adult])).status).toBe(400)
  })

  test('needs the permission to ask the AppView, where it is narrowed', async () => {
    const narrowed = await someone({ permissions: ['repo:*'] })
    const missing = { status: 403, json: { error: 'ScopeMissingError' } }
    expect(await house.get(get, {}, { as: narrowed })).toMatchObject(missing)
    expect(await write(narrowed, [adult])).toMatchObject(missing)
  })

  test('and names another service is passed on to it, with what it puts', async () => {
    const me = await someone()
    const did = 'did:web:other.example.com' as Did
    const service = [{ id: '#svc', type: 'Any', serviceEndpoint: upstream.url }]
    await storeDocument(house.db, { document: { id: did, service }, fetchedAt: new Date() })
    const headers = { 'atproto-proxy': `${did}#svc` }
    expect((await house.get(get, {}, { as: me, headers })).json).toEqual({ from: 'upstream' })
    expect((await house.post(put, { preferences: [adult] }, { as: me, headers })).status).toBe(200)
    expect(upstream.asked.map(({ method, body }) => [method, body.toString()])).toEqual([
      ['GET', ''],
      ['POST', JSON.stringify({ preferences: [adult] })],
    ])
    expect(await read(me)).toEqual([])
    const own = { 'atproto-proxy': 'did:web:appview.example.com#bsky_appview' }
    expect((await house.get(get, {}, { as: me, headers: own })).json).toEqual({ preferences: [] })
  })
})
