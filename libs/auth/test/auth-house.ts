import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { applyDefinitions } from '@heronry/communities/apply-definitions'
import type { Community, CommunitySettings } from '@heronry/communities/community'
import { createCommunityDirectory } from '@heronry/communities/directory'
import type { Did } from '@heronry/core/did'
import type { ActorId } from '@heronry/core/ids'
import { ensureAuditPartitions } from '@heronry/operators/audit-partitions'
import { createLogger } from '@heronry/telemetry/logger'
import { testDatabase } from '@heronry/testing/postgres'
import type { JWK } from 'jose'
import { openReplays } from '../src/replays.ts'

export type AuthHouse = Awaited<ReturnType<typeof authHouse>>

export const did = 'did:plc:greyheron' as Did

/** Two communities that host the same DID, active in the first and deactivated in the second. */
export async function authHouse(settings: Partial<CommunitySettings> = {}) {
  const database = await testDatabase()
  const { db } = database
  await ensureAuditPartitions(db)
  await applyDefinitions(db, [definition('herons', settings), definition('storks')])
  const logger = createLogger({ service: 'test', level: 'warn', enabled: false })
  const [herons, storks] = (await createCommunityDirectory({ db, logger }).all()) as [Community, Community]
  const host = async (community: Community, deactivated_at: Date | null) => {
    const row = { did, handle: 'grey.herons.example', community_id: community.id, deactivated_at }
    const { id } = await db.insertInto('actor').values(row).returning('id').executeTakeFirstOrThrow()
    return id as ActorId
  }
  return {
    db,
    /** With the rights of the service that has least of them. */
    api: database.as('heronry_api'),
    herons,
    storks,
    dpop: { secret: randomBytes(32), replays: openReplays({ db, redisUrl: undefined, logger }) },
    actorIds: { herons: await host(herons, null), storks: await host(storks, new Date()) },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

export function request(token: string, community: Community) {
  return {
    authorization: `Bearer ${token}`,
    community,
    nsid: 'com.atproto.server.getSession',
    client: '127.0.0.1',
    message: { headers: {} },
  }
}

/** A private token key. */
export function tokenKey(kid: string): JWK {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { ...(privateKey.export({ format: 'jwk' }) as JWK), kid }
}

function definition(slug: string, settings: Partial<CommunitySettings> = {}) {
  return {
    slug,
    hostname: `${slug}.example`,
    publicUrl: `https://${slug}.example`,
    serviceDid: `did:web:${slug}.example` as Did,
    handleDomains: [`.${slug}.example`],
    adminPassword: null,
    settings: { name: slug, inviteRequired: false, links: {}, ...settings },
  }
}

/** For those who have nobody to resolve. */
export const nobody = { resolve: () => Promise.reject(new Error('nobody was to be resolved')) }
