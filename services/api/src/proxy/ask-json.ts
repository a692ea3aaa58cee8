import type { ServerResponse } from 'node:http'
import { HeronryError } from '@heronry/core/error'
import { isJson } from './collected-body.ts'
import { collectedBytesMax } from './limits.ts'
import type { Upstream } from './upstream.ts'
import { decoded, upstreamError } from './upstream-error.ts'
import type { Upstreams } from './upstreams.ts'

export interface JsonAsked {
  readonly upstream: Upstream
  readonly caller: string
  /** Who waits. */
  readonly client: ServerResponse
  /** With its query. */
  readonly path: string
  /** Asked by nobody without. */
  readonly token?: string
  /** Makes it a POST. */
  readonly json?: unknown
  /** Names and values in turn. */
  readonly headers?: readonly string[]
}

/** Asks a service something small, and gives the JSON of its answer, unread. Throws what a client is to be told of a refusal. */
export async function askJson(upstreams: Upstreams, asked: JsonAsked): Promise<Buffer> {
  const { token, json, headers = [], ...request } = asked
  const list = ['accept-encoding', 'identity', ...headers]
  if (token !== undefined) list.push('authorization', `Bearer ${token}`)
  const body = json === undefined ? null : Buffer.from(JSON.stringify(json))
  if (body !== null) list.push('content-type', 'application/json', 'content-length', String(body.length))
  const method = body === null ? 'GET' : 'POST'
  const end = await upstreams.ask({ ...request, method, headers: list, body: () => body })
  if (end.how !== 'collected') throw new Error('Only what is passed on is streamed')
  if (end.status < 200 || end.status > 299) throw await upstreamError(end)
  if (end.body.length > 0 && !isJson(end.headers)) {
    throw new HeronryError('UpstreamFailure', 'Upstream service answered something else than JSON')
  }
  return await decoded(end, collectedBytesMax).catch((cause: unknown) => {
    throw new HeronryError('UpstreamFailure', 'Upstream service answered what cannot be read', { cause })
  })
}
