import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTokenIssuer, importTokenKeys } from '@heronry/accounts/tokens'
import { createAuth } from '@heronry/auth/create-auth'
import { createDpopNonces } from '@heronry/auth/dpop-nonces'
import { openReplays } from '@heronry/auth/replays'
import { diskObjects } from '@heronry/blobs/disk-objects'
import { applyDefinitions } from '@heronry/communities/apply-definitions'
import type { Community, CommunityDefinition, CommunitySettings } from '@heronry/communities/community'
import { createCommunityDirectory } from '@heronry/communities/directory'
import { systemClock } from '@heronry/core/clock'
import { parseDid } from '@heronry/core/did'
import { ensureEventPartitions } from '@heronry/events/partitions'
import { storeDocument } from '@heronry/identity/did-cache'
import { createDidResolver } from '@heronry/identity/did-resolver'
import { createHttpFetch } from '@heronry/identity/http-fetch'
import { createPlcDirectory } from '@heronry/identity/plc-directory'
import { createRepoEngine } from '@heronry/repo/engine'
import { createLogger } from '@heronry/telemetry/logger'
import type { Metrics } from '@heronry/telemetry/metrics'
import { testDatabase } from '@heronry/testing/postgres'
import { strangerKey } from '@heronry/testing/stranger-key'
import { createVault } from '@heronry/vault/vault'
import { xrpcServer } from '@heronry/xrpc/plugin'
import type { ServerRateLimits } from '@heronry/xrpc/rate-limit'
import fastify from 'fastify'
import { createLocalJWKSet, type JWK } from 'jose'
import { apiMethods } from '../src/app.ts'
import { createApiContext } from '../src/context.ts'
import { createExports, type Exports } from '../src/exports.ts'
import { proxyCalls } from '../src/proxy/proxy.ts'
import { Upstreams, type UpstreamsOptions } from '../src/proxy/upstreams.ts'
import { appSession, createMember, type Member, type MemberOptions } from './member.ts'
import { openRequest, type Request, request } from './request.ts'

export const blobUploadLimit = 100_000
const logger = createLogger({ service: 'test', level: 'error', enabled: false })

/** What may be asked of the house, beside the path: where, as whom, with what. */
export type Asking = Partial<Omit<Request, 'port' | 'path'>> & { as?: Member }

/** The api on a real port, with a real database and the rights that it has there, and two communities: herons.test and storks.test. */
export async function apiHouse({
  rateLimits,
  exports = createExports({ role: 'heronry_export' }),
  poolMax = 12,
  settings,
  proxy,
  metrics,
}: {
  /** Of herons.test, beside those that every community has. */
  settings?: Partial<CommunitySettings>
  proxy?: Partial<UpstreamsOptions>
  metrics?: Metrics
  rateLimits?: ServerRateLimits
  exports?: Exports
  poolMax?: number
} = {}) {
  const database = await testDatabase({ poolMax })
  const { db } = database
  const own = database.as('heronry_api')
  await ensureEventPartitions(db)
  await applyDefinitions(db, [definition('herons', settings), definition('storks')])
  const communities = createCommunityDirectory({ db: own, logger })
  const [herons, storks] = (await communities.all()) as [Community, Community]
  const blobs = await mkdtemp(join(tmpdir(), 'heronry-api-'))
  const vault = createVault({ db: own, keyEncryptionKeys: [{ id: 'test', key: randomBytes(32) }] })
  const keys = await importTokenKeys({ keys: [tokenKey()] })
  const tokens = createTokenIssuer({ keys })
  const fetch = createHttpFetch({ publicOnly: false })
  // Nothing listens there: a DID whose document is not cached does not resolve.
  const plc = createPlcDirectory({ url: 'http://127.0.0.1:1', fetch })
  const resolver = createDidResolver({ db: own, plc, fetch, logger })
  const upstreams = new Upstreams({ publicOnly: false, metrics, ...proxy })
  const dpop = { secret: randomBytes(32), replays: openReplays({ db: own, redisUrl: undefined, logger }) }
  const context = createApiContext({
    db: own,
    auth: createAuth({ db: own, resolver, keys: createLocalJWKSet(keys.publicJwks), dpop }),
    engine: createRepoEngine({ db: own, vault, clock: systemClock, logger }),
    objects: diskObjects({ location: join(blobs, 'blocks'), tempLocation: join(blobs, 'tmp') }),
    resolver,
    exports,
    ...{ vault, upstreams },
    settings: { blobUploadLimit },
  })
  const app = fastify()
  const limited = rateLimits && { rateLimits }
  await xrpcServer(app, {
    ...{ communities, logger, metrics, devMode: true, ...limited },
    dpopNonces: createDpopNonces(dpop.secret),
    methods: apiMethods(context),
    catchAll: proxyCalls(context),
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo

  const ask = (path: string, { as, headers, ...asking }: Asking = {}) =>
    request({
      port,
      host: as?.community.hostname ?? 'herons.test',
      path,
      headers: { ...as?.session, ...headers },
      ...asking,
    })

  return {
    db,
    herons,
    storks,
    port,
    /** GET unless told otherwise. */
    get: (nsid: string, params: Record<string, string | string[]> = {}, asking: Asking = {}) =>
      ask(`${nsid}?${query(params)}`, asking),
    /** A JSON procedure. */
    post: (nsid: string, input: object, { headers, ...asking }: Asking = {}) =>
      ask(nsid, {
        method: 'POST',
        body: JSON.stringify(input),
        headers: { 'content-type': 'application/json', ...headers },
        ...asking,
      }),
    ask,
    /** An answer that nobody reads until the test does. */
    stalledGet: (path: string) => openRequest({ port, host: 'herons.test', path }),

    /** An actor with an empty repo, of herons.test unless told otherwise. */
    member: (name: string, options: Partial<MemberOptions> = {}) =>
      createMember({ db, vault, tokens }, { name, community: herons, ...options }),

    /** The session of an app password of a member's, narrowed to these. */
    appSession: (member: Member, permissions: string[]) => appSession({ db, tokens }, member, permissions),

    /** A service token of a member, whose cached document names the key that it is signed with. */
    async serviceToken({ did, community }: Member, claims: { lxm: string; aud?: string }) {
      const { publicKeyMultibase, serviceToken } = await strangerKey()
      const method = { id: '#atproto', type: 'Multikey', controller: did, publicKeyMultibase }
      await storeDocument(db, { document: { id: did, verificationMethod: [method] }, fetchedAt: new Date() })
      return serviceToken({ iss: did, aud: community.serviceDid, ...claims })
    },

    async [Symbol.asyncDispose]() {
      await upstreams[Symbol.asyncDispose]()
      await app.close()
      await rm(blobs, { recursive: true, force: true })
      await database[Symbol.asyncDispose]()
    },
  }
}

export type ApiHouse = Awaited<ReturnType<typeof apiHouse>>

/** The administrator of a community. */
export const admin = (slug: string) => ({
  authorization: `Basic ${Buffer.from(`admin:${slug}-secret`).toString('base64')}`,
})

function definition(slug: string, settings?: Partial<CommunitySettings>): CommunityDefinition {
  const hostname = `${slug}.test`
  return {
    slug,
    hostname,
    publicUrl: `https://${hostname}`,
    serviceDid: parseDid(`did:web:${hostname}`),
    handleDomains: [`.${hostname}`],
    adminPassword: `${slug}-secret`,
    settings: { name: slug, inviteRequired: false, links: {}, ...settings },
  }
}

function tokenKey(): JWK {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { ...(privateKey.export({ format: 'jwk' }) as JWK), kid: 'test', alg: 'ES256' }
}

function query(params: Record<string, string | string[]>): string {
  const search = new URLSearchParams()
  for (const [name, values] of Object.entries(params)) {
    for (const value of [values].flat()) search.append(name, value)
  }
  return search.toString()
}
