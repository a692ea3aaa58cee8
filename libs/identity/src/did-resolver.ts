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
 * Invariant: one process looks for one DID once at a time, in its cache and then on the network, however many ask: nobody who
 * found the cache empty fetches what another has stored meanwhile. Who asks by force gets an answer to a question that was
 * put after it asked.
 */
export function createDidResolver(options: DidResolverOptions): DidResolver {
  const { db, logger, clock = systemClock, staleMs = didStaleMs, maxAgeMs = didMaxAgeMs } = options
  const lookups = new Map<Did, Promise<DidDocument | null>>()
  const refreshes = new Map<Did, Promise<DidDocument | null>>()

  return {
    async resolve(did, { force = false } = {}) {
      if (force) return await refresh(did)
      return await once(lookups, did, lookUp)
    },
  }

  async function lookUp(did: Did): Promise<DidDocument | null> {
    const cached = await findCachedDocument(db, did)
    const ageMs = cached === undefined ? Infinity : clock.now() - cached.fetchedAt.getTime()
    if (cached === undefined || ageMs >= maxAgeMs) return await once(refreshes, did, refresh)
    if (ageMs >= staleMs) {
      once(refreshes, did, refresh).catch((error: unknown) =>
        logger.warn({ did, error }, 'A stale DID document stays'),
      )
    }
    return cached.document
  }

  async function refresh(did: Did): Promise<DidDocument | null> {
    const fetchedAt = new Date(clock.now())
    const document = await fetchDocument(options, did)
    if (document === null) await forgetDocument(db, did)
    else await storeDocument(db, { document, fetchedAt })
    return document
  }
}

/** Joins what already runs for this DID, or starts it. */
function once<T>(running: Map<Did, Promise<T>>, did: Did, start: (did: Did) => Promise<T>): Promise<T> {
  const joined = running.get(did)
  if (joined !== undefined) return joined
  const started = start(did).finally(() => running.delete(did))
  running.set(did, started)
  return started
}

function fetchDocument({ plc, fetch }: DidResolverOptions, did: Did): Promise<DidDocument | null> {
  if (did.startsWith('did:plc:')) return plc.document(did)
  if (did.startsWith('did:web:')) return fetchDidWeb(fetch, did)
  throw new HeronryError('Unsupported', 'Only did:plc and did:web are known here')
}
