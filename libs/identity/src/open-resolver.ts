import type { Database } from '@heronry/db/database'
import type { Logger } from '@heronry/telemetry/logger'
import { createDidResolver, type DidResolver } from './did-resolver.ts'
import { createHttpFetch } from './http-fetch.ts'
import { createPlcDirectory, type PlcDirectory } from './plc-directory.ts'

export interface ResolverOptions {
  readonly plc: { readonly url: string }
  readonly identity: {
    readonly timeoutMs: number
    readonly staleAfterMs: number
    readonly expiresAfterMs: number
    /** False: private addresses may be asked too (development). */
    readonly publicOnly: boolean
    readonly responseBytesMax: number
  }
}

/** The PLC directory and the resolver of DIDs that asks it, as a process is configured. */
export function openResolver(
  { db, logger }: { db: Database; logger: Logger },
  { plc: { url }, identity }: ResolverOptions,
): { plc: PlcDirectory; resolver: DidResolver } {
  const { timeoutMs, responseBytesMax: bytesMax, publicOnly, staleAfterMs, expiresAfterMs } = identity
  // The directory is the operator's choice, and may stand in the house's own network.
  const plc = createPlcDirectory({ url, fetch: createHttpFetch({ publicOnly: false, bytesMax }) })
  const resolver = createDidResolver({
    db,
    plc,
    fetch: createHttpFetch({ publicOnly, timeoutMs, bytesMax }),
    staleMs: staleAfterMs,
    maxAgeMs: expiresAfterMs,
    logger,
  })
  return { plc, resolver }
}
