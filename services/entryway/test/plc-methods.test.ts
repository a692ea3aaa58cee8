import { findActor } from '@heronry/accounts/actor'
import { emailPurposes, issueEmailToken } from '@heronry/accounts/email-token'
import type { Did } from '@heronry/core/did'
import { inTransaction } from '@heronry/db/in-transaction'
import { type PlcOperation, tombstoneOperation } from '@heronry/identity/plc-operation'
import { updateOperation } from '@heronry/identity/plc-update'
import { type SendMail, sendMail } from '@heronry/jobs/kinds/send-mail'
import { didKeyOfPrivateKey, generatePrivateKey } from '@heronry/vault/secp256k1'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, signUp } from './ask.ts'
import { type EntrywayHouse, entrywayHouse } from './entryway-house.ts'
import { webMover } from './mover.ts'

let house: EntrywayHouse
/** One whose DID nothing changes. */
let steady: Awaited<ReturnType<typeof member>>
beforeAll(async () => {
  house = await entrywayHouse()
  steady = await member()
})
afterAll(() => house[Symbol.asyncDispose]())

type At = 'herons' | 'storks'
const identity = (name: string) => `com.atproto.identity.${name}`
const otherKey = () => didKeyOfPrivateKey(generatePrivateKey())
const credentials = (token: string, at: At = 'herons') =>
  ask(house, identity('getRecommendedDidCredentials'), { at, token })
const sign = (token: string, input: object, at: At = 'herons') =>
  ask(house, identity('signPlcOperation'), { at, token, input })
const submit = (token: string, operation: unknown, at: At = 'herons') =>
  ask(house, identity('submitPlcOperation'), { at, token, input: { operation } })

describe('getRecommendedDidCredentials', () => {
  test.each<At>(['herons', 'storks'])(
    'says what the document of a DID at %s has said since its genesis',
    async (at) => {
      const { created } = await signUp(house, at)
      const { did, accessJwt, handle } = created.body
      const { status, body } = await credentials(accessJwt, at)
      expect([status, body.alsoKnownAs]).toEqual([200, [`at://${handle}`]])
      const { type, prev, sig, ...said } = (await house.context.signUp.plc.lastOperation(did)) as PlcOperation
      expect(body).toEqual(said)
      expect(body.services.atproto_pds.endpoint).toBe(`https://${at}.example.com`)
    },
  )

  test('names nobody where the account has lost its handle, and is for sessions only', async () => {
    const { created } = await signUp(house)
    await house.db.updateTable('actor').set({ handle: null }).where('did', '=', created.body.did).execute()
    expect((await credentials(created.body.accessJwt)).body.alsoKnownAs).toEqual([])
    expect((await ask(house, identity('getRecommendedDidCredentials'))).body.error).toBe('AuthMissing')
  })
})

test('the mail with the code says for which identity it was asked, and from where; the one behind it what was changed, before and after', async () => {
  const { did, accessJwt, email, recommended } = await member()
  const asked = { token: accessJwt, post: true, remoteAddress: '192.0.2.7', userAgent: 'goat/1.2' }
  expect((await ask(house, identity('requestPlcOperationSignature'), asked)).status).toBe(200)
  const [code] = await mailsTo(email, 'plc-operation')
  expect(code).toMatchObject({
    handle: recommended.alsoKnownAs[0]?.slice('at://'.length),
    asked: { did, device: 'goat', address: '192.0.2.7' },
  })
  const token = code && 'code' in code ? code.code : ''
  const services = { atproto_pds: { type: 'AtprotoPersonalDataServer', endpoint: 'https://new.example.com' } }
  const [own, signing] = [otherKey(), otherKey()]
  const change = { services, rotationKeys: [own], verificationMethods: { atproto: signing } }
  const alsoKnownAs = ['at://white.example.org']
  expect((await sign(accessJwt, { token, ...change, alsoKnownAs })).status).toBe(200)
  const [told] = await mailsTo(email, 'plc-signed')
  const changes = told && 'values' in told ? told.values['changes']?.split('\n') : []
  expect(changes).toEqual([
    ...recommended.rotationKeys.map((key) => `− key that may change the identity: ${key}`),
    `+ key that may change the identity: ${own}`,
    '− server: https://herons.example.com',
    '+ server: https://new.example.com',
    `− signing key atproto: ${recommended.verificationMethods['atproto']}`,
    `+ signing key atproto: ${signing}`,
    `− name: ${recommended.alsoKnownAs[0]}`,
    '+ name: at://white.example.org',
  ])
})

describe('signPlcOperation', () => {
  test('signs what the directory takes, once for a token', async () => {
    const { did, accessJwt, recommended, email } = await member()
    const token = await mailedToken(did)
    const own = otherKey()
    const rotationKeys = [own, ...recommended.rotationKeys]
    const { status, body } = await sign(accessJwt, { token, rotationKeys })
    expect([status, body.operation]).toMatchObject([
      200,
      { ...recommended, rotationKeys, type: 'plc_operation' },
    ])
    // Its owner is told what it changes.
    const told = await mailsTo(email, 'plc-signed')
    const order = `order of keys, the strongest first: ${[own, ...recommended.rotationKeys].join(', ')}`
    const values = { changes: `+ key that may change the identity: ${own}\n${order}` }
    expect(told).toMatchObject([{ values }])
    // It is only signed.
    expect(await lastOperation(did)).toMatchObject({ prev: null })
    expect((await sign(accessJwt, { token, rotationKeys })).body.error).toBe('InvalidToken')
    expect((await submit(accessJwt, body.operation)).status).toBe(200)
    expect(await lastOperation(did)).toEqual(body.operation)
  })

  test('of many who show one token at once serves one', async () => {
    const { did, accessJwt } = await member()
    const token = await mailedToken(did)
    const answers = await Promise.all(Array.from({ length: 4 }, () => sign(accessJwt, { token })))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400])
    expect(new Set(answers.map(({ body }) => body.error))).toEqual(new Set([undefined, 'InvalidToken']))
  })

  test('without changes signs the same again', async () => {
    const { did, accessJwt, recommended } = await member()
    const { body } = await sign(accessJwt, { token: await mailedToken(did) })
    expect(body.operation).toMatchObject(recommended)
  })

  test.each([
    ['no token', {}, 'InvalidRequest', 'email confirmation token required to sign PLC operations'],
    ['a wrong token', { token: 'AAAAA-AAAAA' }, 'InvalidToken', 'Token is invalid'],
  ])('with %s is refused', async (_, input, error, message) => {
    const { did, accessJwt } = steady
    await mailedToken(did)
    const answer = await sign(accessJwt, input)
    expect([answer.status, answer.body]).toEqual([400, { error, message }])
  })

  test('with a token that has expired is refused', async () => {
    const { did, accessJwt } = await member()
    const token = await mailedToken(did)
    await house.db
      .updateTable('email_token')
      .set({ expires_at: new Date(0) })
      .execute()
    const { status, body } = await sign(accessJwt, { token })
    expect([status, body.error]).toEqual([400, 'ExpiredToken'])
  })

  test.each([
    [{ rotationKeys: ['not a key'] }],
    [{ verificationMethods: { atproto: 'did:key:z' } }],
    [{ verificationMethods: { atproto: 1 } }],
    [{ services: { atproto_pds: 'https://example.com' } }],
    [{ services: { atproto_pds: { type: 'AtprotoPersonalDataServer' } } }],
    [{ alsoKnownAs: 'at://alice.test' }],
  ])('of nonsense is refused and keeps its token (%#)', async (change) => {
    const { did, accessJwt } = steady
    const token = await mailedToken(did)
    const refused = await sign(accessJwt, { token, ...change })
    expect([refused.status, refused.body.error]).toEqual([400, 'InvalidRequest'])
    expect((await sign(accessJwt, { token })).status).toBe(200)
  })

  test.each([
    ['has ended', ended, 'Did is tombstoned'],
    [
      'is none of the directory',
      () => 'did:plc:ewvi7nxzyoun6zhxrhs64oiz',
      /^The PLC directory does not know/,
    ],
    ['is no did:plc', () => 'did:web:moved.example.org', 'Only a did:plc has PLC operations'],
  ])('is refused where the DID %s', async (_, didOf, message) => {
    const { did, email, password } = await member()
    const other = await didOf(did)
    await house.db.updateTable('actor').set({ did: other }).where('did', '=', did).execute()
    const login = await ask(house, 'com.atproto.server.createSession', {
      input: { identifier: email, password },
    })
    const { status, body } = await sign(login.body.accessJwt, { token: await mailedToken(other) })
    expect([status, body.error]).toEqual([400, 'InvalidRequest'])
    expect(body.message).toMatch(message)
    await house.db.updateTable('actor').set({ did }).where('did', '=', other).execute()
  })

  test('is for full sessions of this community', async () => {
    const { created } = await signUp(house, 'storks')
    expect((await sign(created.body.accessJwt, { token: 'x' })).body.error).toBe('InvalidToken')
    expect((await ask(house, identity('signPlcOperation'), { input: {} })).body.error).toBe('AuthMissing')
  })

  test('is for an account that was taken down, too: it may leave', async () => {
    const { did, email, password } = await member()
    await house.db.updateTable('actor').set({ takedown_ref: 'x' }).where('did', '=', did).execute()
    const input = { identifier: email, password, allowTakendown: true }
    const login = await ask(house, 'com.atproto.server.createSession', { input })
    const { status } = await sign(login.body.accessJwt, { token: await mailedToken(did) })
    expect(status).toBe(200)
  })
})

describe('submitPlcOperation', () => {
  test('submits what the house can serve, and tells the world that the identity has changed', async () => {
    const { did, accessJwt, recommended } = await member()
    const operation = await signed(did, {
      alsoKnownAs: [...recommended.alsoKnownAs, 'https://alice.example.org'],
    })
    const events = await identityEvents(did)
    const { status, text } = await submit(accessJwt, operation)
    expect([status, text]).toEqual([200, ''])
    expect(await identityEvents(did)).toBe(events + 1)
    const { body } = await ask(house, `${identity('resolveDid')}?did=${did}`)
    expect(body.didDoc.alsoKnownAs).toEqual(operation.alsoKnownAs)
  })

  test.each<[string, (operation: PlcOperation) => unknown, string]>([
    ['no operation', () => ({}), 'Invalid operation'],
    ['a tombstone', ({ prev, sig }) => ({ type: 'plc_tombstone', prev, sig }), 'Invalid operation'],
    ['one that is not signed', ({ sig, ...operation }) => operation, 'Invalid operation'],
    [
      'one without the rotation key of the house',
      (operation) => ({ ...operation, rotationKeys: [otherKey()] }),
      "Rotation keys do not include server's rotation key",
    ],
    [
      'one whose service is of another type',
      (operation) => service(operation, { type: 'Other' }),
      'Incorrect type on atproto_pds service',
    ],
    [
      'one without a service',
      (operation) => ({ ...operation, services: {} }),
      'Incorrect type on atproto_pds service',
    ],
    [
      'one whose service is elsewhere',
      (operation) => service(operation, { endpoint: 'https://storks.example.com' }),
      'Incorrect endpoint on atproto_pds service',
    ],
    [
      'one with another signing key',
      (operation) => ({ ...operation, verificationMethods: { atproto: otherKey() } }),
      'Incorrect signing key',
    ],
    [
      'one with another handle',
      (operation) => ({ ...operation, alsoKnownAs: ['at://other.herons.test', ...operation.alsoKnownAs] }),
      'Incorrect handle in alsoKnownAs',
    ],
    [
      'one without a handle',
      (operation) => ({ ...operation, alsoKnownAs: [] }),
      'Incorrect handle in alsoKnownAs',
    ],
  ])('refuses %s', async (_, change, message) => {
    const { did, accessJwt } = steady
    const events = await identityEvents(did)
    const answer = await submit(accessJwt, change(await signed(did, {})))
    expect([answer.status, answer.body]).toEqual([400, { error: 'InvalidRequest', message }])
    expect([await identityEvents(did), (await lastOperation(did))?.prev]).toEqual([events, null])
  })

  test('is for a did:plc: the directory is not asked of another', async () => {
    const mover = await webMover(house)
    const { accessJwt } = (await mover.moveIn('herons')).body
    const operation = { ...(await signed(steady.did, {})), ...(await credentials(accessJwt)).body }
    const answer = await submit(accessJwt, operation)
    const message = 'Only a did:plc has PLC operations'
    expect([answer.status, answer.body]).toEqual([400, { error: 'InvalidRequest', message }])
  })

  test('passes on what the directory refuses, and tells nobody', async () => {
    const { did, accessJwt } = await member()
    const events = await identityEvents(did)
    const forged = { ...(await signed(did, {})), sig: Buffer.alloc(64, 1).toString('base64url') }
    const { status, body } = await submit(accessJwt, forged)
    expect([status, body.error]).toEqual([400, 'InvalidRequest'])
    expect(body.message).not.toBe('')
    expect(await identityEvents(did)).toBe(events)
    // The next one is not in its way.
    expect((await submit(accessJwt, await signed(did, {}))).status).toBe(200)
  })

  test('is for sessions of this community', async () => {
    const { created } = await signUp(house, 'storks')
    expect((await submit(created.body.accessJwt, {})).body.error).toBe('InvalidToken')
    expect((await ask(house, identity('submitPlcOperation'), { input: { operation: {} } })).body.error).toBe(
      'AuthMissing',
    )
  })
})

async function member() {
  const { created, email, password } = await signUp(house)
  const { did, accessJwt } = created.body
  const recommended = (await credentials(accessJwt)).body as PlcOperation
  return { did, accessJwt: accessJwt as string, recommended, email, password }
}

async function ended(did: string): Promise<string> {
  const { plc, rotation } = house.context.signUp
  await plc.submit(did as Did, await tombstoneOperation(rotation, (await lastOperation(did)) as PlcOperation))
  return did
}

async function mailedToken(did: string): Promise<string> {
  const { id: communityId } = (await house.context.communities.all()).find(
    ({ slug }) => slug === 'herons',
  ) as never
  const actor = await findActor(house.db, { communityId, didOrHandle: did })
  if (actor === undefined) throw new Error(`No actor ${did}`)
  const slot = { actorId: actor.id, purpose: emailPurposes.plcOperation, now: new Date() }
  return (await inTransaction(house.db, { name: 'test' }, (tx) => issueEmailToken(tx, slot))).token
}

async function signed(did: string, change: object): Promise<PlcOperation> {
  const { rotation } = house.context.signUp
  return await updateOperation(rotation, { last: (await lastOperation(did)) as PlcOperation, change })
}

function lastOperation(did: string) {
  return house.context.signUp.plc.lastOperation(did as Did)
}

function service(operation: PlcOperation, change: object) {
  return { ...operation, services: { atproto_pds: { ...operation.services['atproto_pds'], ...change } } }
}

async function identityEvents(did: string): Promise<number> {
  const rows = await house.db
    .selectFrom('event')
    .innerJoin('actor', 'actor.id', 'event.actor_id')
    .select('event.id')
    .where('actor.did', '=', did)
    .where('event.kind', '=', 3)
    .execute()
  return rows.length
}

async function mailsTo(email: string, template: string): Promise<SendMail['mail'][]> {
  const rows = house.db.selectFrom('job_outbox').select('payload').where('label', '=', template)
  const mails = (await rows.execute()).map(({ payload }) => sendMail.parse(payload))
  return mails.filter(({ to }) => to === email).map(({ mail }) => mail)
}
