import { randomBytes } from 'node:crypto'
import { type Clock, systemClock } from '@heronry/core/clock'
import { parseDid } from '@heronry/core/did'
import type { ActorId, CommunityId } from '@heronry/core/ids'
import { type Database, openDatabase } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { appendEvents } from '@heronry/events/append-events'
import { ensureEventPartitions } from '@heronry/events/partitions'
import { createLogger } from '@heronry/telemetry/logger'
import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { createVault, signerOfPrivateKey } from '@heronry/vault/vault'
import { createRepo } from '../src/create-repo.ts'
import { createRepoEngine, type RepoEngine, type RepoEngineOptions } from '../src/engine.ts'
import { prepareWrites } from '../src/prepare-writes.ts'
import type { PreparedWrite, WriteRequest } from '../src/prepared-write.ts'
import type { RepoActor } from '../src/repo-state.ts'

const home = 1 as CommunityId
export const elsewhere = 2 as CommunityId

/** A database with events, a vault, and as many repos and engines as a test wants; on a database of the test's own where one is given. */
export async function repoHouse({ database: given }: { database?: Omit<TestDatabase, 'as'> } = {}) {
  const database = given ?? (await testDatabase())
  const { db } = database
  await ensureEventPartitions(db)
  const kek = randomBytes(32)
  const vault = createVault({ db, keyEncryptionKeys: [{ id: 'test', key: kek }] })
  const lines: string[] = []
  const logger = createLogger({
    service: 'test',
    level: 'warn',
    enabled: true,
    destination: { write: (line) => void lines.push(line) },
  })
  const opened: Database[] = []
  let actors = 0n

  return {
    db,
    url: database.url,
    vault,
    kek,
    logger,
    /** What was logged at warn and above. */
    lines,

    /** An engine of its own, as if in another process; `url` where its connections go another way. */
    engine({ url, ...options }: Partial<RepoEngineOptions> & { url?: string } = {}): RepoEngine {
      const own =
        url === undefined
          ? db
          : openDatabase({ url, poolMax: 4, applicationName: 'engine', onIdleError: () => {} })
      if (own !== db) opened.push(own)
      return createRepoEngine({ db: own, vault, clock: systemClock, logger, ...options })
    },

    async actor(
      options: { communityId?: CommunityId; published?: boolean; writable?: boolean; clock?: Clock } = {},
    ) {
      const { communityId = home, published = true, writable = true, clock = systemClock } = options
      actors++
      const actor: RepoActor = {
        id: actors as ActorId,
        communityId,
        did: parseDid(`did:web:actor-${actors}.test`),
      }
      const key = vault.generate()
      await inTransaction(db, { name: 'create-repo' }, async (tx) => {
        await vault.seal(tx, { ...key, actorId: actor.id })
        const signer = signerOfPrivateKey(key.privateKey)
        const { events } = await createRepo(tx, { actor, signer, clock, published, writable })
        if (!published) return
        await appendEvents(tx, { actorId: actor.id, communityId, events: [events.commit, events.sync] })
      })
      return { ...actor, didKey: key.didKey }
    },

    async [Symbol.asyncDispose]() {
      for (const own of opened) await own.destroy()
      await database[Symbol.asyncDispose]()
    },
  }
}

export type RepoHouse = Awaited<ReturnType<typeof repoHouse>>

export const thing = 'com.example.thing'

/** One prepared write of `com.example.thing`. */
export function write(request: Partial<WriteRequest> & { action: WriteRequest['action'] }): PreparedWrite[] {
  const whole = { collection: thing, record: {}, ...request } as WriteRequest
  return prepareWrites({ writes: [whole], validate: undefined, clock: systemClock })
}

export function create(rkey: string, record: object = {}): PreparedWrite[] {
  return write({ action: 'create', rkey, record: { rkey, ...record } })
}
