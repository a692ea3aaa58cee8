import { type Clock, systemClock } from '@heronry/core/clock'
import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import type { Logger } from '@heronry/telemetry/logger'
import { findCachedDocument, forgetDocument, storeDocument } from './did-cache.ts'
import type { DidDocument } from './did-document.ts'
import { fetchDidWeb } from './did-web.ts'
import type { HttpFetch } from './http-fetch.ts'
import { didMaxAgeMs, didStaleMs } from './limits.ts'
import type { PlcDirectory } from './plc-directory.ts'

export interface DidResolverOptions {
  db: Database
  plc: PlcDirectory
  /** For did:web, whose hosts strangers choose. */
  fetch: HttpFetch
  logger: Logger
  clock?: Clock
  staleMs?: number
  maxAgeMs?: number
}

export interface DidResolver {
  /**
   * The DID's document, or null where there is none (any more). From the cache while it is fresh; while it is stale, too, but then
   * it is refreshed in the background. `force` asks the network. Throws `Unsupported` for another method than plc and web,
   * `Upstream…` where nothing usable is cached and the network does not answer.
   */
  resolve(did: Did, options?: { force?: boolean }): Promise<DidDocument | null>
}

/**
 * Invariant: one process fetches one DID once at a time, however many ask; except that who asks by force gets an answer
 * to a question that was put after it asked.
 */
export function createDidResolver(options: DidResolverOptions): DidResolver {
  const { db, logger, clock = systemClock, staleMs = didStaleMs, maxAgeMs = didMaxAgeMs } = options
  const pending = new Map<Did, Promise<DidDocument | null>>()

  return {
    async resolve(did, { force = false } = {}) {
      if (force) return await refresh(did)
      const cached = await findCachedDocument(db, did)
      const ageMs = cached === undefined ? Infinity : clock.now() - cached.fetchedAt.getTime()
      if (cached === undefined || ageMs >= maxAgeMs) return await shared(did)
      if (ageMs >= staleMs) {
        shared(did).catch((error: unknown) => logger.warn({ did, error }, 'A stale DID document stays'))
      }
      return cached.document
    },
  }

  function shared(did: Did): Promise<DidDocument | null> {
    const running = pending.get(did)
    if (running !== undefined) return running
    const started = refresh(did).finally(() => pending.delete(did))
    pending.set(did, started)
    return started
  }

  async function refresh(did: Did): Promise<DidDocument | null> {
    const fetchedAt = new Date(clock.now())
    const document = await fetchDocument(options, did)
    if (document === null) await forgetDocument(db, did)
    else await storeDocument(db, { document, fetchedAt })
    return document
  }
}

function fetchDocument({ plc, fetch }: DidResolverOptions, did: Did): Promise<DidDocument | null> {
  if (did.startsWith('did:plc:')) return plc.document(did)
  if (did.startsWith('did:web:')) return fetchDidWeb(fetch, did)
  throw new HeronryError('Unsupported', 'Only did:plc and did:web are known here')
}
