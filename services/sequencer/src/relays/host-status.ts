import { HeronryError } from '@heronry/core/error'
import type { Seq } from '@heronry/core/ids'
import type { HttpFetch } from '@heronry/identity/http-fetch'

/** What a relay says of a host (com.atproto.sync.getHostStatus); whatever it leaves out is undefined. */
export interface HostStatus {
  /** The last seq it has had from the host. */
  readonly seq: Seq | undefined
  readonly accountCount: number | undefined
  /** active, idle, offline, throttled, banned … */
  readonly status: string | undefined
}

/** Undefined where the relay does not know the host. Throws `UpstreamFailure` and `UpstreamTimeout`. */
export async function fetchHostStatus(
  fetch: HttpFetch,
  { relay, hostname }: { relay: string; hostname: string },
  signal?: AbortSignal,
): Promise<HostStatus | undefined> {
  const url = new URL('/xrpc/com.atproto.sync.getHostStatus', relay)
  url.searchParams.set('hostname', hostname)
  const { status, body } = await fetch({ url: url.toString(), ...(signal && { signal }) })
  const answer = parsed(body)
  if (status === 200) {
    return {
      seq: count(answer['seq']) as Seq | undefined,
      accountCount: count(answer['accountCount']),
      status: typeof answer['status'] === 'string' ? answer['status'].slice(0, 64) : undefined,
    }
  }
  if (answer['error'] === 'HostNotFound') return undefined
  throw new HeronryError('UpstreamFailure', `${url.host} answered ${status}`)
}

function parsed(body: Buffer): Record<string, unknown> {
  try {
    return Object(JSON.parse(body.toString()))
  } catch {
    return {}
  }
}

function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : undefined
}
