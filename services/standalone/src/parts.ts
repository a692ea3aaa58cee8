import { findActor } from '@heronry/accounts/actor'
import { createPasswords } from '@heronry/accounts/passwords'
import { createTokenIssuer, importTokenKeys } from '@heronry/accounts/tokens'
import { createAuth } from '@heronry/auth/create-auth'
import { applyDefinitions } from '@heronry/communities/apply-definitions'
import { createCommunityDirectory } from '@heronry/communities/directory'
import type { HouseConfig } from '@heronry/config/house-config'
import { systemClock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import { type Database, openDatabase } from '@heronry/db/database'
import { migrateToLatest } from '@heronry/db/migrate'
import { ensureEventPartitions } from '@heronry/events/partitions'
import { createDidResolver } from '@heronry/identity/did-resolver'
import { createHttpFetch } from '@heronry/identity/http-fetch'
import { createPlcDirectory } from '@heronry/identity/plc-directory'
import { createRepoEngine } from '@heronry/repo/engine'
import type { RepoActor } from '@heronry/repo/repo-state'
import type { Logger } from '@heronry/telemetry/logger'
import { createVault, signerOfPrivateKey } from '@heronry/vault/vault'
import { createLocalJWKSet } from 'jose'
import { openObjects } from './open-objects.ts'

export type Parts = Awaited<ReturnType<typeof openParts>>

/**
 * Opens what the services share: brings the schema and the communities up to date, and makes everything that talks to
 * Postgres, PLC and the blob store, once. Any number of houses may open at the same time.
 */
export async function openParts(db: Database, { config, logger }: { config: HouseConfig; logger: Logger }) {
  const applied = await migrateToLatest(db)
  if (applied.length > 0) logger.info({ applied }, 'migrated')
  await ensureEventPartitions(db)
  await applyDefinitions(db, config.communities)
  const tokenKeys = await importTokenKeys({ keys: [...config.tokenKeys.keys] })
  const vault = createVault({ db, keyEncryptionKeys: config.keyEncryptionKeys })
  const { timeoutMs, responseBytesMax: bytesMax, publicOnly, staleAfterMs, expiresAfterMs } = config.identity
  const plcFetch = createHttpFetch({ publicOnly: false, bytesMax })
  const plc = createPlcDirectory({ url: config.plc.url, fetch: plcFetch })
  const resolver = createDidResolver({
    db,
    plc,
    fetch: createHttpFetch({ publicOnly, timeoutMs, bytesMax }),
    staleMs: staleAfterMs,
    maxAgeMs: expiresAfterMs,
    logger,
  })
  return {
    communities: createCommunityDirectory({ db, logger }),
    auth: createAuth({ db, keys: createLocalJWKSet(tokenKeys.publicJwks) }),
    tokens: createTokenIssuer({ keys: tokenKeys }),
    passwords: createPasswords(),
    objects: openObjects(config.blobs),
    rotation: signerOfPrivateKey(config.plc.rotationKey),
    vault,
    plc,
    resolver,
    engine: createRepoEngine({
      db,
      vault,
      clock: systemClock,
      logger,
      notWritable: (actor) => whyNotWritable(db, actor),
    }),
  }
}

async function whyNotWritable(db: Database, { communityId, did }: RepoActor): Promise<HeronryError> {
  const actor = await findActor(db, { communityId, didOrHandle: did })
  if (actor === undefined) return new HeronryError('AccountNotFound', 'Account not found')
  if (actor.status === 'deactivated') return new HeronryError('AccountDeactivated', 'Account is deactivated')
  return new HeronryError('AccountTakedown', 'Account has been taken down')
}

export function openHouseDatabase({ database }: HouseConfig, logger: Logger): Database {
  return openDatabase({
    ...database,
    applicationName: 'heronry-standalone',
    onIdleError: (error) => logger.warn({ err: error }, 'an idle database connection was lost'),
  })
}
