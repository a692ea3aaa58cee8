import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { HeronryError } from '@heronry/core/error'
import { assertNoTransaction } from '@heronry/db/in-transaction'
import { fetchBytesMax, fetchTimeoutMs } from './limits.ts'
import { isPublicUrl, publicLookup } from './public-address.ts'

interface HttpRequest {
  readonly url: string
  readonly method?: 'GET' | 'POST'
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as an HTML form would be. */
  readonly form?: Record<string, string>
  /** Default: JSON. */
  readonly accept?: string
  readonly signal?: AbortSignal
}

export interface HttpAnswer {
  readonly status: number
  readonly contentType: string
  /** Where a redirect leads; empty for every other answer. */
  readonly location: string
  readonly body: Buffer
}

export type HttpFetch = (request: HttpRequest) => Promise<HttpAnswer>

export interface HttpFetchOptions {
  /** Refuses every address inside: for addresses that strangers choose. False in development, and for the PLC directory. */
  publicOnly: boolean
  timeoutMs?: number
  bytesMax?: number
}

/**
 * One request to another server. Whatever its status, the answer comes back as it is: redirects are not followed, for they
 * lead where nobody looked.
 *
 * Throws `UpstreamTimeout` after `timeoutMs` and `UpstreamFailure` for everything that is no answer: a refused address or
 * connection, a broken or too large body. Must not be called inside a transaction.
 */
export function createHttpFetch(options: HttpFetchOptions): HttpFetch {
  const { publicOnly, timeoutMs = fetchTimeoutMs, bytesMax = fetchBytesMax } = options
  return async ({ url, method = 'GET', json, form, accept = 'application/json', signal }) => {
    assertNoTransaction('fetch')
    const target = new URL(url)
    if (publicOnly && !isPublicUrl(target)) {
      throw new HeronryError('UpstreamFailure', `${target.host} could not be asked`)
    }
    const timeout = AbortSignal.timeout(timeoutMs)
    const signals = signal === undefined ? [timeout] : [timeout, signal]
    try {
      const answer = await send(target, {
        method,
        content: contentOf({ json, form }),
        accept,
        publicOnly,
        signal: AbortSignal.any(signals),
      })
      const body = await read(answer, bytesMax)
      const { 'content-type': contentType = '', location = '' } = answer.headers
      return { status: answer.statusCode ?? 0, contentType, location, body }
    } catch (cause) {
      if (signal?.aborted) throw cause
      if (timeout.aborted) {
        throw new HeronryError('UpstreamTimeout', `${target.host} did not answer in time`, { cause })
      }
      throw new HeronryError('UpstreamFailure', `${target.host} could not be asked`, { cause })
    }
  }
}

interface SendOptions {
  method: string
  content: Content | undefined
  accept: string
  publicOnly: boolean
  signal: AbortSignal
}

function send(
  target: URL,
  { method, content, accept, publicOnly, signal }: SendOptions,
): Promise<IncomingMessage> {
  const headers = {
    accept,
    ...(content && { 'content-type': content.type, 'content-length': content.body.length }),
  }
  const request = target.protocol === 'https:' ? httpsRequest : httpRequest
  const lookup = publicOnly ? { lookup: publicLookup } : {}
  return new Promise((resolve, reject) => {
    request(target, { method, headers, signal, agent: false, ...lookup })
      .on('response', resolve)
      .on('error', reject)
      .end(content?.body)
  })
}

interface Content {
  type: string
  body: Buffer
}

function contentOf({ json, form }: Pick<HttpRequest, 'json' | 'form'>): Content | undefined {
  if (json !== undefined) return { type: 'application/json', body: Buffer.from(JSON.stringify(json)) }
  if (form === undefined) return undefined
  const body = Buffer.from(new URLSearchParams(form).toString())
  return { type: 'application/x-www-form-urlencoded', body }
}

async function read(answer: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > bytesMax) throw new Error(`The answer has more than ${bytesMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
