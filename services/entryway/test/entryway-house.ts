import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { createPasswords } from '@heronry/accounts/passwords'
import { createTokenIssuer, importTokenKeys } from '@heronry/accounts/tokens'
import { createAuth } from '@heronry/auth/create-auth'
import { createDpopNonces } from '@heronry/auth/dpop-nonces'
import { openReplays } from '@heronry/auth/replays'
import { applyDefinitions } from '@heronry/communities/apply-definitions'
import type { CommunityDefinition, CommunitySettings } from '@heronry/communities/community'
import { createCommunityDirectory } from '@heronry/communities/directory'
import type { Did } from '@heronry/core/did'
import { ensureEventPartitions } from '@heronry/events/partitions'
import { createDidResolver } from '@heronry/identity/did-resolver'
import { createDnsTxt } from '@heronry/identity/dns-txt'
import { createHandleResolver } from '@heronry/identity/handle-resolver'
import { createHttpFetch, type HttpFetch } from '@heronry/identity/http-fetch'
import { createPlcDirectory } from '@heronry/identity/plc-directory'
import { ensureAuditPartitions } from '@heronry/operators/audit-partitions'
import { createLogger } from '@heronry/telemetry/logger'
import { testDns } from '@heronry/testing/dns'
import { testPlc } from '@heronry/testing/plc'
import { testDatabase } from '@heronry/testing/postgres'
import { testWeb } from '@heronry/testing/web'
import { generatePrivateKey } from '@heronry/vault/secp256k1'
import { createVault, signerOfPrivateKey } from '@heronry/vault/vault'
import { httpServerOptions } from '@heronry/xrpc/http-server-options'
import { xrpcServer } from '@heronry/xrpc/plugin'
import type { ServerRateLimits } from '@heronry/xrpc/rate-limit'
import { fastify } from 'fastify'
import { createLocalJWKSet, type JWK } from 'jose'
import { entrywayMethods, entrywayRoutes } from '../src/app.ts'
import { createEntrywayContext } from '../src/context.ts'
import type { Captcha } from '../src/gate/hcaptcha.ts'

export type EntrywayHouse = Awaited<ReturnType<typeof entrywayHouse>>

/**
 * The entryway with a real database and the rights that it has there, a real PLC directory and two communities: herons.example.com and
 * storks.example.com. `dns` and `web` are the world.
 */
export async function entrywayHouse({
  rateLimits,
  captcha,
  modServiceDid,
}: {
  rateLimits?: ServerRateLimits
  captcha?: Captcha
  /** Of herons. */
  modServiceDid?: Did
} = {}) {
  await using starting = new AsyncDisposableStack()
  const database = starting.use(await testDatabase())
  const plcServer = starting.use(await testPlc())
  const dns = starting.use(await testDns())
  const web = starting.use(await testWeb())
  const db = database.as('heronry_entryway')
  await Promise.all([ensureEventPartitions(database.db), ensureAuditPartitions(database.db)])
  await applyDefinitions(db, [definition('herons', { modServiceDid }), definition('storks')])
  const logger = createLogger({ service: 'test', level: 'fatal', enabled: false })
  const communities = createCommunityDirectory({ db, logger })
  const keys = await importTokenKeys({ keys: [tokenKey()] })
  const httpFetch = createHttpFetch({ publicOnly: false, timeoutMs: 2000 })
  const fetch: HttpFetch = (request) => httpFetch({ ...request, url: web.at(request.url) })
  const plc = createPlcDirectory({ url: plcServer.url, fetch: httpFetch })
  const dnsTxt = createDnsTxt({ servers: [dns.address], timeoutMs: 2000 })
  const resolver = createDidResolver({ db, plc, fetch, logger })
  const dpop = { secret: randomBytes(32), replays: openReplays({ db, redisUrl: undefined, logger }) }
  const context = createEntrywayContext({
    db,
    communities,
    auth: createAuth({ db, resolver, keys: createLocalJWKSet(keys.publicJwks), dpop }),
    logger,
    resolver,
    signUp: {
      plc,
      vault: createVault({ db, keyEncryptionKeys: [{ id: 'test', key: randomBytes(32) }] }),
      rotation: signerOfPrivateKey(generatePrivateKey()),
      recoveryDidKey: undefined,
      handles: createHandleResolver({ dnsTxt, fetch, timeoutMs: 2000 }),
      captcha,
    },
    sessions: { tokens: createTokenIssuer({ keys }), passwords: createPasswords() },
    settings: { version: '1.2.3', blobUploadLimit: 5_242_880, didDocWithSession: true },
  })
  const app = fastify(httpServerOptions({ logger }))
  const methods = entrywayMethods(context)
  const dpopNonces = createDpopNonces(dpop.secret)
  const limited = rateLimits && { rateLimits }
  await xrpcServer(app, { communities, methods, dpopNonces, logger, devMode: true, ...limited })
  await app.register(entrywayRoutes(context))
  const opened = starting.move()
  return {
    db: database.db,
    app,
    methods,
    auth: context.auth,
    clock: context.clock,
    /** What the jobs of accounts need. */
    jobs: { db, logger, ...context.signUp },
    context,
    dns,
    web,
    async [Symbol.asyncDispose]() {
      await app.close()
      await opened.disposeAsync()
    },
  }
}

function tokenKey(): JWK {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { ...privateKey.export({ format: 'jwk' }), kid: 'test' } as JWK
}

function definition(slug: string, own: Partial<CommunitySettings> = {}): CommunityDefinition {
  const hostname = `${slug}.example.com`
  return {
    slug,
    hostname,
    publicUrl: `https://${hostname}`,
    serviceDid: `did:web:${hostname}` as Did,
    handleDomains: [`.${slug}.test`],
    adminPassword: `${slug}-secret`,
    settings: {
      name: slug,
      inviteRequired: slug === 'storks',
      contactEmail: `hello@${hostname}`,
      links: { privacyPolicy: `https://${hostname}/privacy` },
      ...own,
    },
  }
}
