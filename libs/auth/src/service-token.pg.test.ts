import { systemClock } from '@heronry/core/clock'
import type { Did } from '@heronry/core/did'
import { createDidResolver, type DidResolver } from '@heronry/identity/did-resolver'
import { createHttpFetch } from '@heronry/identity/http-fetch'
import { createPlcDirectory } from '@heronry/identity/plc-directory'
import { createLogger } from '@heronry/telemetry/logger'
import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { webIssuer } from '@heronry/testing/web-issuer'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { serviceTokenLengthMax, shownServiceTokenTtlMaxMs } from './limits.ts'
import { verifyServiceToken } from './service-token.ts'
import { purgeServiceTokens, returnServiceToken, useServiceToken } from './service-token-store.ts'

const lxm = 'com.atproto.server.createAccount'
const here = 'did:web:here.example.com' as Did
const there = 'did:web:there.example.com' as Did
const now = () => Math.floor(Date.now() / 1000)

let database: TestDatabase
let resolver: DidResolver
let issuer: Awaited<ReturnType<typeof webIssuer>>

beforeAll(async () => {
  database = await testDatabase()
  const fetch = createHttpFetch({ publicOnly: false })
  const logger = createLogger({ service: 'test', level: 'fatal', enabled: false })
  // Nothing listens there.
  const plc = createPlcDirectory({ url: 'http://127.0.0.1:1', fetch })
  resolver = createDidResolver({ db: database.db, plc, fetch, logger })
})
afterAll(() => database[Symbol.asyncDispose]())
beforeEach(async () => {
  issuer = await webIssuer()
  return () => issuer[Symbol.asyncDispose]()
})

const verify = (token: string, audience = here) => verifyServiceToken(resolver, token, { audience, lxm })

describe('a service token', () => {
  test('of a DID whose document names its key is its word', async () => {
    expect(await verify(await issuer.serviceToken({ aud: here, lxm }))).toMatchObject({ issuer: issuer.did })
  })

  test.each(['K-256', 'P-256'] as const)('may be signed with a key of %s', async (curve) => {
    await issuer.rotate(curve)
    issuer.publish({})
    expect(await verify(await issuer.serviceToken({ aud: here, lxm }))).toMatchObject({ issuer: issuer.did })
  })

  test('names the community that was asked, bare or as its repo service, and no other', async () => {
    expect(await verify(await issuer.serviceToken({ aud: `${here}#atproto_pds`, lxm }))).toBeTruthy()
    for (const aud of [
      there,
      `${here}#bsky_appview`,
      `${here}#`,
      `${here}#atproto_pds#`,
      here.slice(0, -1),
    ]) {
      await expect(verify(await issuer.serviceToken({ aud, lxm }))).rejects.toMatchObject(
        refused('BadJwtAudience'),
      )
    }
    await expect(verify(await issuer.serviceToken({ aud: here, lxm }), there)).rejects.toMatchObject(
      refused('BadJwtAudience'),
    )
  })

  test.each([
    ['has run out', 'JwtExpired', { exp: now() - 1 }],
    ['runs out too late', 'BadJwt', { exp: now() + shownServiceTokenTtlMaxMs / 1000 + 60 }],
    ['runs out at no time', 'BadJwt', { exp: 1e300 }],
    ['names another method', 'BadJwtLexiconMethod', { lxm: 'com.atproto.repo.uploadBlob' }],
    ['names no method', 'BadJwtLexiconMethod', { lxm: null }],
    ['is issued by nobody', 'BadJwtIss', { iss: 'here.example.com' }],
    ['is issued by a service of a DID', 'BadJwtIss', { iss: 'did:web:localhost#atproto_labeler' }],
  ])('that %s is refused as %s', async (_, name, claims) => {
    const token = await issuer.serviceToken({ aud: here, lxm, ...claims })
    await expect(verify(token)).rejects.toMatchObject(refused(name))
  })

  test('that runs out as late as it may is accepted', async () => {
    const exp = now() + shownServiceTokenTtlMaxMs / 1000 - 5
    expect(await verify(await issuer.serviceToken({ aud: here, lxm, exp }))).toMatchObject({
      expiresAt: new Date(exp * 1000),
    })
  })

  test('may say which key has signed it', async () => {
    const [, payload] = (await issuer.serviceToken({ aud: here, lxm })).split('.')
    for (const kid of ['#atproto', 'atproto', `${issuer.did}#atproto`]) {
      const header = Buffer.from(JSON.stringify({ typ: 'JWT', alg: 'ES256K', kid })).toString('base64url')
      const signature = await issuer.sign(Buffer.from(`${header}.${payload}`))
      const token = `${header}.${payload}.${Buffer.from(signature).toString('base64url')}`
      expect(await verify(token)).toMatchObject({ issuer: issuer.did })
    }
  })

  test.each(['', 'a', 'a.b.c', '..', `${'a'.repeat(100_000)}.b.c`, 'e30.e30.e30'])(
    'that is none is refused as BadJwt: %#',
    async (token) => {
      await expect(verify(token)).rejects.toMatchObject(refused('BadJwt'))
    },
  )

  test('of more characters than the limit is refused, whatever it says', async () => {
    const [header, payload, signature = ''] = (await issuer.serviceToken({ aud: here, lxm })).split('.')
    const padded = (length: number) => {
      const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString())
      const size = Math.floor(((length - `${header}..${signature}`.length) * 3) / 4)
      const bare = JSON.stringify({ ...claims, pad: '' }).length
      const body = JSON.stringify({ ...claims, pad: 'x'.repeat(size - bare) })
      return `${header}.${Buffer.from(body).toString('base64url')}.${signature}`
    }
    const [fits, long] = [padded(serviceTokenLengthMax), padded(serviceTokenLengthMax + 4)]
    expect([fits.length <= serviceTokenLengthMax, long.length > serviceTokenLengthMax]).toEqual([true, true])
    await expect(verify(fits)).rejects.toMatchObject(refused('BadJwtSignature'))
    await expect(verify(long)).rejects.toMatchObject(refused('BadJwt'))
  })

  test.each(['at+jwt', 'refresh+jwt', 'dpop+jwt'])('of the type %s is none', async (typ) => {
    const [, ...rest] = (await issuer.serviceToken({ aud: here, lxm })).split('.')
    const header = Buffer.from(JSON.stringify({ typ, alg: 'ES256K' })).toString('base64url')
    await expect(verify([header, ...rest].join('.'))).rejects.toMatchObject(refused('BadJwtType'))
  })

  test('signed with a new key has its issuer looked up once more; with a wrong one, too, and is refused', async () => {
    await verify(await issuer.serviceToken({ aud: here, lxm }))
    await verify(await issuer.serviceToken({ aud: here, lxm }))
    expect(issuer.requests()).toBe(1)
    await issuer.rotate()
    issuer.publish({})
    expect(await verify(await issuer.serviceToken({ aud: here, lxm }))).toMatchObject({ issuer: issuer.did })
    expect(issuer.requests()).toBe(2)
    await issuer.rotate()
    const stranger = await issuer.serviceToken({ aud: here, lxm })
    await expect(verify(stranger)).rejects.toMatchObject(refused('BadJwtSignature'))
    expect(issuer.requests()).toBe(3)
  })

  test.each([
    ['is not there', { status: 404 }, 'could not be resolved'],
    ['is served as a page', { type: 'text/html; charset=utf-8' }, 'is served as text/html; charset=utf-8'],
    ['is of another DID', { body: '{"id":"did:web:other.example.com"}' }, 'is of another DID'],
    ['is no JSON', { body: '<html>' }, 'is no JSON'],
  ])('of a DID whose document %s is refused, and says why', async (_, answer, message) => {
    issuer.publish(answer)
    await expect(verify(await issuer.serviceToken({ aud: here, lxm }))).rejects.toMatchObject({
      ...refused('BadJwtIss'),
      message: expect.stringContaining(message),
    })
  })

  test('of a DID whose document names no key is refused', async () => {
    for (const verificationMethod of [undefined, {}, [null], [{ id: '#atproto', type: 'Multikey' }]]) {
      issuer.publish({ body: JSON.stringify({ id: issuer.did, verificationMethod }) })
      await expect(verify(await issuer.serviceToken({ aud: here, lxm }))).rejects.toMatchObject(
        refused('BadJwtSignature'),
      )
    }
  })

  test('of a did:plc while the directory is away is nobody’s fault but ours', async () => {
    const token = await issuer.serviceToken({ aud: here, lxm, iss: 'did:plc:ewvi7nxzyoun6zhxrhs64oiz' })
    await expect(verify(token)).rejects.toMatchObject({ code: 'UpstreamFailure' })
  })
})

describe('a service token is used', () => {
  test('once, however many try at once', async () => {
    const token = await verify(await issuer.serviceToken({ aud: here, lxm }))
    const uses = await Promise.all([1, 2, 3, 4].map(() => useServiceToken(database.db, token)))
    expect(uses.sort()).toEqual([false, false, false, true])
    const other = await verify(await issuer.serviceToken({ aud: here, lxm }))
    expect(await useServiceToken(database.db, other)).toBe(true)
  })

  test('and once more when it was given back, by the services that take tokens', async () => {
    const token = await verify(await issuer.serviceToken({ aud: here, lxm }))
    for (const role of ['heronry_api', 'heronry_entryway'] as const) {
      const db = database.as(role)
      expect([await useServiceToken(db, token), await useServiceToken(db, token)]).toEqual([true, false])
      await returnServiceToken(db, token)
    }
  })

  test('and forgotten when it has run out', async () => {
    const token = await verify(await issuer.serviceToken({ aud: here, lxm }))
    await useServiceToken(database.db, { ...token, expiresAt: new Date(Date.now() - 1) })
    await purgeServiceTokens(database.db, { clock: systemClock })
    expect(await useServiceToken(database.db, token)).toBe(true)
    await purgeServiceTokens(database.db, { clock: systemClock })
    expect(await useServiceToken(database.db, token)).toBe(false)
  })
})

function refused(name: string) {
  return { statusCode: 401, payload: { error: name } }
}
