import { applyDefinitions } from '@heronry/communities/apply-definitions'
import type { Community } from '@heronry/communities/community'
import { createCommunityDirectory } from '@heronry/communities/directory'
import { systemClock } from '@heronry/core/clock'
import type { Did } from '@heronry/core/did'
import { ensureEventPartitions } from '@heronry/events/partitions'
import { createDidResolver } from '@heronry/identity/did-resolver'
import { createHandleResolver } from '@heronry/identity/handle-resolver'
import { createHttpFetch } from '@heronry/identity/http-fetch'
import { createPlcDirectory } from '@heronry/identity/plc-directory'
import { createLogger } from '@heronry/telemetry/logger'
import { testPlc } from '@heronry/testing/plc'
import { testDatabase } from '@heronry/testing/postgres'
import { generatePrivateKey } from '@heronry/vault/secp256k1'
import { createVault, signerOfPrivateKey } from '@heronry/vault/vault'
import { exportJWK, generateKeyPair } from 'jose'
import type { CreateAccountDeps } from '../src/create-account.ts'
import { createPasswords } from '../src/passwords.ts'
import { createTokenIssuer, importTokenKeys } from '../src/tokens.ts'

export type SignUpHouse = Awaited<ReturnType<typeof signUpHouse>>

/** Everything a sign-up needs, real, with the rights that entryway has at Postgres: two communities, `here` and `there`, of which only `there` asks for invite codes. */
export async function signUpHouse() {
  const [database, plcServer] = await Promise.all([testDatabase(), testPlc()])
  const db = database.as('heronry_entryway')
  await ensureEventPartitions(database.db)
  await applyDefinitions(db, [definition('here', '.test'), definition('there', '.there.test')])
  const logger = createLogger({ service: 'test', level: 'fatal', enabled: false })
  const communities = createCommunityDirectory({ db, logger })
  const all = await communities.all()
  const kek = Buffer.alloc(32)
  const tokenKeys = await importTokenKeys({ keys: [await tokenKey()] })
  const fetch = createHttpFetch({ publicOnly: false })
  const plc = createPlcDirectory({ url: plcServer.url, fetch })
  const deps: CreateAccountDeps = {
    db,
    plc,
    vault: createVault({ db, keyEncryptionKeys: [{ id: 'test', key: kek }] }),
    rotation: signerOfPrivateKey(generatePrivateKey()),
    tokens: createTokenIssuer({ keys: tokenKeys }),
    passwords: createPasswords(),
    communities,
    handles: createHandleResolver({ dnsTxt: async () => [], fetch }),
    hasGate: false,
    clock: systemClock,
    logger,
  }
  return {
    db: database.db,
    url: database.url,
    kek,
    deps,
    resolver: createDidResolver({ db, plc, fetch, logger }),
    tokenKeys,
    here: bySlug(all, 'here'),
    there: bySlug(all, 'there'),
    async [Symbol.asyncDispose]() {
      await Promise.all([database[Symbol.asyncDispose](), plcServer[Symbol.asyncDispose]()])
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
