import type { Database } from '@heronry/db/database'
import type { Logger } from '@heronry/telemetry/logger'
import { createDidResolver, type DidResolver } from './did-resolver.ts'
import { createDnsTxt, type DnsTxt } from './dns-txt.ts'
import { createHandleResolver, type HandleResolver } from './handle-resolver.ts'
import { createHttpFetch } from './http-fetch.ts'
import { wellKnownBytesMax } from './limits.ts'
import { nameServerAddresses } from './name-servers.ts'
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
    /** Addresses or hosts, asked for a handle that nobody else knows. */
    readonly backupNameServers: readonly string[]
  }
}

/** The PLC directory, the resolver of DIDs that asks it, and the resolver of handles, as a process is configured. */
export function openResolver(
  { db, logger }: { db: Database; logger: Logger },
  { plc: { url }, identity }: ResolverOptions,
): { plc: PlcDirectory; resolver: DidResolver; handles: HandleResolver } {
  const {
    timeoutMs,
    responseBytesMax: bytesMax,
    publicOnly,
    staleAfterMs,
    expiresAfterMs,
    backupNameServers,
  } = identity
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
  const handles = createHandleResolver({
    dnsTxt: createDnsTxt({ timeoutMs }),
    fetch: createHttpFetch({ publicOnly, timeoutMs, bytesMax: wellKnownBytesMax }),
    timeoutMs,
    backupDnsTxt: backupNameServers.length > 0 ? backupDnsTxt(backupNameServers, { timeoutMs }) : undefined,
  })
  return { plc, resolver, handles }
}

/** Its servers are looked up when they are needed, and each time: they may move. */
function backupDnsTxt(servers: readonly string[], { timeoutMs }: { timeoutMs: number }): DnsTxt {
  return async (name) => {
    const addresses = await nameServerAddresses(servers)
    return addresses.length > 0 ? await createDnsTxt({ servers: addresses, timeoutMs })(name) : []
  }
}
