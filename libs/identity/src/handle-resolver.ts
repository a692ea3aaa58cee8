import { type Did, isDid } from '@heronry/core/did'
import { isHeronryError } from '@heronry/core/error'
import type { Handle } from '@heronry/core/handle'
import type { DnsTxt } from './dns-txt.ts'
import { fetchWellKnownDid } from './fetch-well-known-did.ts'
import type { HttpFetch } from './http-fetch.ts'

export interface HandleResolver {
  /** The DID that the world gives a handle, or null where it gives none. Never throws for what others answer or do not. */
  resolve(handle: Handle): Promise<Did | null>
}

export interface HandleResolverOptions {
  dnsTxt: DnsTxt
  /** For hosts that strangers choose. */
  fetch: HttpFetch
  /** For the well-known document, its redirects included. */
  timeoutMs: number
  /** Asked last: for names that the servers of the system do not know (PDS_HANDLE_BACKUP_NAMESERVERS). */
  backupDnsTxt?: DnsTxt | undefined
}

/**
 * How the world resolves a handle (https://atproto.com/specs/handle): the TXT record of `_atproto.<handle>`, else its host's
 * well-known document, else the record as the backup name servers know it. Nothing is cached: a handle is asked for as it is now.
 */
export function createHandleResolver({
  dnsTxt,
  fetch,
  timeoutMs,
  backupDnsTxt,
}: HandleResolverOptions): HandleResolver {
  return {
    async resolve(handle) {
      return (
        didOf(await dnsTxt(`_atproto.${handle}`)) ??
        (await fetchWellKnownDid(fetch, { handle, timeoutMs }).catch(noAnswer)) ??
        (backupDnsTxt ? didOf(await backupDnsTxt(`_atproto.${handle}`)) : null)
      )
    },
  }
}

/** The DID of the records; null where they name none, or more than one: then nobody can say which counts. */
function didOf(records: readonly string[]): Did | null {
  const dids = records
    .filter((record) => record.startsWith(prefix))
    .map((record) => record.slice(prefix.length))
  const [did] = dids
  return dids.length === 1 && did !== undefined && isDid(did) ? did : null
}

const prefix = 'did='

function noAnswer(error: unknown): null {
  if (isHeronryError(error, 'UpstreamFailure') || isHeronryError(error, 'UpstreamTimeout')) return null
  throw error
}
