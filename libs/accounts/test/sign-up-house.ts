import { applyDefinitions } from '@heronry/communities/apply-definitions'
import type { Community } from '@heronry/communities/community'
import { createCommunityDirectory } from '@heronry/communities/directory'
import { systemClock } from '@heronry/core/clock'
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
import { exportJWK, generateKeyPair } from 'jose'
import type { CreateAccountDeps } from '../src/create-account.ts'
import { createPasswords } from '../src/passwords.ts'
import { createTokenIssuer, importTokenKeys } from '../src/tokens.ts'
import type { UpdateHandleDeps } from '../src/update-handle.ts'

export type SignUpHouse = Awaited<ReturnType<typeof signUpHouse>>

/**
 * Everything a sign-up needs, real, with the rights that entryway has at Postgres: two communities, `here` and `there`, of which only
 * `there` asks for invite codes. `dns` and `web` are the world.
 */
export async function signUpHouse() {
  await using starting = new AsyncDisposableStack()
  const database = starting.use(await testDatabase())
  const plcServer = starting.use(await testPlc())
  const dns = starting.use(await testDns())
  const web = starting.use(await testWeb())
  const db = database.as('heronry_entryway')
  await ensureEventPartitions(database.db)
  await ensureAuditPartitions(database.db)
  await applyDefinitions(db, [definition('here', '.test'), definition('there', '.there.test')])
  const logger = createLogger({ service: 'test', level: 'fatal', enabled: false })
  const communities = createCommunityDirectory({ db, logger })
  const all = await communities.all()
  const kek = Buffer.alloc(32)
  const tokenKeys = await importTokenKeys({ keys: [await tokenKey()] })
  const httpFetch = createHttpFetch({ publicOnly: false, timeoutMs: 2000 })
  const fetch: HttpFetch = (request) => httpFetch({ ...request, url: web.at(request.url) })
  const plc = createPlcDirectory({ url: plcServer.url, fetch: httpFetch })
  const dnsTxt = createDnsTxt({ servers: [dns.address], timeoutMs: 2000 })
  const deps: CreateAccountDeps & UpdateHandleDeps = {
    db,
    plc,
    vault: createVault({ db, keyEncryptionKeys: [{ id: 'test', key: kek }] }),
    rotation: signerOfPrivateKey(generatePrivateKey()),
    tokens: createTokenIssuer({ keys: tokenKeys }),
    passwords: createPasswords(),
    communities,
    handles: createHandleResolver({ dnsTxt, fetch, timeoutMs: 2000 }),
    hasGate: false,
    resolver: createDidResolver({ db, plc, fetch, logger }),
    clock: systemClock,
    logger,
  }
  const opened = starting.move()
  return {
    dns,
    web,
    db: database.db,
    url: database.url,
    kek,
    deps,
    tokenKeys,
    here: bySlug(all, 'here'),
    there: bySlug(all, 'there'),
    async [Symbol.asyncDispose]() {
      await opened.disposeAsync()
    },
  }
}

/** A sign-up that nothing is wrong with, of a name nobody else has. */
export function someone(community: Community, name = `user${++count}`) {
  return {
    community,
    handle: `${name}${community.handleDomains[0]}`,
    email: `${name}@example.com`,
    password: 'correct horse',
  }
}

let count = 0

async function tokenKey() {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  return { ...(await exportJWK(privateKey)), kid: 'test' }
}

function definition(slug: string, handleDomain: string) {
  return {
    slug,
    hostname: `${slug}.example.com`,
    publicUrl: `https://${slug}.example.com`,
    serviceDid: `did:web:${slug}.example.com` as Did,
    handleDomains: [handleDomain],
    adminPassword: null,
    settings: { name: slug, inviteRequired: slug === 'there', links: {} },
  }
}

function bySlug(communities: readonly Community[], slug: string): Community {
  const community = communities.find((one) => one.slug === slug)
  if (community === undefined) throw new Error(`No community ${slug}`)
  return community
}
