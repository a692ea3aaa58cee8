import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, signUp } from './ask.ts'
import { type EntrywayHouse, entrywayHouse } from './entryway-house.ts'
import { type Mover, plcMover, webMover } from './mover.ts'

let house: EntrywayHouse
beforeAll(async () => {
  house = await entrywayHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

const server = (method: string) => `com.atproto.server.${method}`
const credentials = 'com.atproto.identity.getRecommendedDidCredentials'
const dayMs = 24 * 3_600_000

const rowOf = (did: string, at = 'herons') =>
  house.db
    .selectFrom('actor')
    .innerJoin('community', 'community.id', 'actor.community_id')
    .innerJoin('repo', 'repo.actor_id', 'actor.id')
    .select(['actor.id', 'deactivated_at', 'delete_after', 'repo.writable', 'repo.published'])
    .where('did', '=', did)
    .where('slug', '=', at)
    .executeTakeFirst()
const eventsOf = (id: bigint | undefined) =>
  house.db
    .selectFrom('event')
    .select('kind')
    .where('actor_id', '=', id ?? 0n)
    .orderBy('id')
    .execute()

describe('an account is made for a DID that is somewhere else', () => {
  test.each(['herons', 'storks'] as const)('at %s: deactivated, silent, for three days', async (at) => {
    const mover = await plcMover(house)
    const { status, body, input } = await mover.moveIn(at)
    expect([status, body]).toEqual([
      200,
      {
        did: mover.did,
        handle: input.handle,
        didDoc: expect.objectContaining({ id: mover.did }),
        accessJwt: expect.any(String),
        refreshJwt: expect.any(String),
      },
    ])
    const row = await rowOf(mover.did, at)
    expect(row).toMatchObject({ writable: false, published: true, deactivated_at: expect.any(Date) })
    const daysLeft = ((row?.delete_after?.getTime() ?? 0) - Date.now()) / dayMs
    expect([daysLeft > 2.99, daysLeft <= 3]).toEqual([true, true])
    expect(await eventsOf(row?.id)).toEqual([])
    const jobs = await house.db
      .selectFrom('job_outbox')
      .select(['key', 'run_at'])
      .where('key', '=', `delete-${row?.id}`)
      .execute()
    expect(jobs).toEqual([{ key: `delete-${row?.id}`, run_at: row?.delete_after }])
    const session = await ask(house, server('getSession'), { at, token: body.accessJwt })
    expect(session.body).toMatchObject({ did: mover.did, active: false, status: 'deactivated' })
    const login = { at, input: { identifier: mover.did, password: 'correct horse' } }
    expect((await ask(house, server('createSession'), login)).body).toMatchObject({ did: mover.did })
    expect(await house.db.selectFrom('account_draft').select('id').execute()).toEqual([])
  })

  test('with a handle of its own domain that resolves to the DID, and with none that does not', async () => {
    const [mover, other] = [await plcMover(house), await plcMover(house)]
    house.dns.records.set('_atproto.grey.example.net', [`did=${mover.did}`])
    const handle = 'grey.example.net'
    const foreign = await other.moveIn('herons', { handle })
    expect([foreign.status, foreign.body.message]).toEqual([400, 'External handle did not resolve to DID'])
    expect((await mover.moveIn('herons', { handle })).body).toMatchObject({ did: mover.did, handle })
  })

  test('in both communities of the house, with a key for each', async () => {
    const mover = await plcMover(house)
    const keys: string[] = []
    for (const at of ['herons', 'storks'] as const) {
      const { body } = await mover.moveIn(at)
      const { verificationMethods } = (await ask(house, credentials, { at, token: body.accessJwt })).body
      keys.push(verificationMethods.atproto)
    }
    expect(new Set(keys).size).toBe(2)
  })

  test('and made again is said to exist, by the name that PDS MOOver looks for', async () => {
    const mover = await plcMover(house)
    await mover.moveIn('herons')
    const again = await mover.moveIn('herons')
    expect([again.status, again.body]).toEqual([
      400,
      { error: 'AlreadyExists', message: 'Repo already exists' },
    ])
  })

  test('by two who ask at once, once', async () => {
    const mover = await plcMover(house)
    const answers = await Promise.all([1, 2, 3].map(() => mover.moveIn('herons')))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400])
    const errors = answers.filter(({ status }) => status === 400).map(({ body }) => body.error)
    expect(errors).toEqual(['AlreadyExists', 'AlreadyExists'])
  })
})

describe('a DID is brought by its owner alone', () => {
  let mover: Mover
  beforeAll(async () => {
    mover = await plcMover(house)
  })
  const token = (claims: object = {}) => mover.tokenFor('herons', claims)

  test.each([
    ['nothing', async () => ({}), 'AuthenticationRequired'],
    [
      'the token of another DID',
      async () => ({ token: await (await plcMover(house)).tokenFor('herons') }),
      'AuthenticationRequired',
    ],
    [
      'a token for another method',
      async () => ({ token: await token({ lxm: 'com.atproto.repo.uploadBlob' }) }),
      'BadJwtLexiconMethod',
    ],
    [
      'a token for another community',
      async () => ({ token: await mover.tokenFor('storks') }),
      'BadJwtAudience',
    ],
    ['a token that has run out', async () => ({ token: await token({ exp: 1 }) }), 'JwtExpired'],
    ['a session', async () => ({ token: (await signUp(house)).created.body.accessJwt }), 'BadJwtType'],
    ['no token', async () => ({ token: 'nonsense' }), 'BadJwt'],
    [
      'the wrong admin password',
      async () => ({ token: undefined, admin: 'storks-secret' }),
      'AuthenticationRequired',
    ],
    [
      'the admin password',
      async () => ({ token: undefined, admin: 'herons-secret' }),
      'AuthenticationRequired',
    ],
  ])('%s is refused', async (_, bring, error) => {
    const { status, body } = await mover.moveIn('herons', {}, {
      token: undefined,
      ...(await bring()),
    } as object)
    expect([status, body.error]).toEqual([401, error])
    expect(await rowOf(mover.did)).toBeUndefined()
  })

  test('is told which DID it has not shown to be theirs', async () => {
    const { body } = await mover.moveIn('herons', {}, { token: undefined } as object)
    expect(body.message).toBe(`Missing auth to create account with did: ${mover.did}`)
  })

  test('a token opens the door once: where it did not, it does the next time; of many at once, to one', async () => {
    const owner = await plcMover(house)
    const used = { token: await owner.tokenFor('herons') }
    expect((await owner.moveIn('herons', { handle: 'admin.herons.test' }, used)).status).toBe(400)
    const answers = await Promise.all([1, 2, 3].map(() => owner.moveIn('herons', {}, used)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401])
    const again = await owner.moveIn('herons', {}, used)
    expect([again.status, again.body.error]).toEqual([401, 'BadJwt'])
  })

  test('a PLC operation is not taken', async () => {
    const { status, body } = await mover.moveIn('herons', { plcOp: { type: 'plc_operation' } })
    expect([status, body]).toEqual([400, { error: 'Unsupported', message: 'Unsupported input: "plcOp"' }])
  })
})

describe('a signing key is reserved', () => {
  const reserve = (input: object, at: 'herons' | 'storks' = 'herons') =>
    ask(house, server('reserveSigningKey'), { at, input })

  test('for a DID, the same however often it is asked for, and the account has it', async () => {
    const mover = await plcMover(house)
    const first = await reserve({ did: mover.did })
    expect([first.status, first.body]).toEqual([200, { signingKey: expect.stringMatching(/^did:key:zQ3sh/) }])
    expect((await reserve({ did: mover.did })).body).toEqual(first.body)
    const elsewhere = (await reserve({ did: mover.did }, 'storks')).body
    expect(elsewhere.signingKey).not.toBe(first.body.signingKey)
    const { body } = await mover.moveIn('herons')
    const { verificationMethods } = (await ask(house, credentials, { token: body.accessJwt })).body
    expect(verificationMethods.atproto).toBe(first.body.signingKey)
    const left = house.db.selectFrom('reserved_signing_key').select('did_key').where('did', '=', mover.did)
    expect(await left.execute()).toEqual([{ did_key: elsewhere.signingKey }])
  })

  test('for nobody in particular, another each time', async () => {
    const keys = await Promise.all([reserve({}), reserve({})])
    expect(new Set(keys.map(({ body }) => body.signingKey)).size).toBe(2)
  })

  test('for what is a DID', async () => {
    expect((await reserve({ did: 'nobody' })).status).toBe(400)
    expect((await reserve({ did: 7 })).status).toBe(400)
  })
})

/** operator-journeys.md, journey 10: each step as goat makes it. */
describe('a did:web moves in', () => {
  const activate = (token: string) => ask(house, server('activateAccount'), { post: true, token })

  test('and is activated when its document points here, with the key that it was told', async () => {
    const mover = await webMover(house)
    const exp = Math.floor(Date.now() / 1000) + 3600
    const offline = await mover.tokenFor('herons', { exp })
    const { status, body, input } = await mover.moveIn('herons', {}, { token: offline })
    expect([status, body.did]).toEqual([200, mover.did])
    const token = body.accessJwt as string
    const recommended = (await ask(house, credentials, { token })).body
    const didKey: string = recommended.verificationMethods.atproto
    const pds: string = recommended.services.atproto_pds.endpoint
    expect(pds).toBe('https://herons.example.com')
    const check = async () => (await ask(house, server('checkAccountStatus'), { token })).body

    const far = await activate(token)
    expect([far.status, far.body]).toEqual([
      400,
      {
        error: 'InvalidRequest',
        message: 'DID document atproto_pds service endpoint does not match PDS public url',
      },
    ])
    mover.publish({ pds })
    const wrongKey = await activate(token)
    expect([wrongKey.status, wrongKey.body.message]).toEqual([
      400,
      'DID document verification method does not match expected signing key',
    ])
    expect(await check()).toMatchObject({ activated: false, validDid: false })
    mover.publish({ pds, didKey, type: 'text/plain' })
    const wrongType = await activate(token)
    expect([wrongType.status, wrongType.body.message]).toEqual([
      400,
      expect.stringContaining('is served as text/plain: application/json is expected'),
    ])
    house.web.pages.delete(mover.url)
    const gone = await activate(token)
    expect([gone.status, gone.body.message]).toEqual([400, 'The DID document could not be found'])
    expect(await eventsOf((await rowOf(mover.did))?.id)).toEqual([])

    mover.publish({ pds, didKey })
    expect(await check()).toMatchObject({ activated: false, validDid: true })
    const done = await activate(token)
    expect([done.status, done.text]).toEqual([200, ''])
    expect(await check()).toMatchObject({ activated: true, validDid: true })
    const row = await rowOf(mover.did)
    expect(row).toMatchObject({ writable: true, deactivated_at: null, delete_after: null })
    expect((await eventsOf(row?.id)).map(({ kind }) => kind)).toEqual([4, 3, 2])
    const resolve = `com.atproto.identity.resolveHandle?handle=${input.handle}`
    expect((await ask(house, resolve)).body).toEqual({ did: mover.did })
  })

  test('whose document is no JSON is told so before there is an account', async () => {
    const mover = await webMover(house)
    mover.publish({ type: 'text/html' })
    const { status, body } = await mover.moveIn('herons')
    expect([status, body]).toEqual([
      401,
      {
        error: 'BadJwtIss',
        message: expect.stringContaining('is served as text/html: application/json is expected'),
      },
    ])
  })

  test('with a key that its document does not name is refused', async () => {
    const mover = await webMover(house)
    mover.publish({ didKey: (await webMover(house)).key.didKey })
    const { status, body } = await mover.moveIn('herons')
    expect([status, body.error]).toEqual([401, 'BadJwtSignature'])
  })
})
