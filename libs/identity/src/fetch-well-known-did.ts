import { type Did, isDid } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import type { Handle } from '@heronry/core/handle'
import type { HttpAnswer, HttpFetch } from './http-fetch.ts'
import { wellKnownRedirectsMax } from './limits.ts'

/**
 * The DID in `https://<handle>/.well-known/atproto-did`, or null where there is none. Redirects are followed, as the specification
 * allows, a few times; each leads through the same guard as the first question, and all together take no longer than `timeoutMs`.
 * Throws `Upstream…`.
 */
export async function fetchWellKnownDid(
  fetch: HttpFetch,
  { handle, timeoutMs }: { handle: Handle; timeoutMs: number },
): Promise<Did | null> {
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    return await follow((request) => fetch({ ...request, signal }), handle)
  } catch (cause) {
    if (!signal.aborted) throw cause
    throw new HeronryError('UpstreamTimeout', `${handle} did not answer in time`, { cause })
  }
}

async function follow(fetch: HttpFetch, handle: Handle): Promise<Did | null> {
  let url = `https://${handle}/.well-known/atproto-did`
  for (let hops = 0; hops <= wellKnownRedirectsMax; hops++) {
    const answer = await fetch({ url, accept: 'text/plain, */*;q=0.5' })
    const next = redirection(answer, url)
    if (next === undefined) return answer.status === 200 ? firstLine(answer.body) : null
    url = next
  }
  throw new HeronryError('UpstreamFailure', `${handle} redirects more than ${wellKnownRedirectsMax} times`)
}

function redirection({ status, location }: HttpAnswer, base: string): string | undefined {
  if (status < 300 || status > 399 || location === '') return undefined
  if (!URL.canParse(location, base)) return undefined
  const { href, protocol } = new URL(location, base)
  return protocol === 'https:' || protocol === 'http:' ? href : undefined
}

function firstLine(body: Buffer): Did | null {
  const [line = ''] = body.toString('utf8').split('\n', 1)
  const did = line.trim()
  return isDid(did) ? did : null
}
