import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { CatchAllCall } from '@heronry/xrpc/catch-all'
import { rawBody } from '@heronry/xrpc/decoded-body'
import type { Collected } from './collected-body.ts'
import { answerHeaders, requestHeaders } from './headers.ts'
import type { Upstream } from './upstream.ts'
import { upstreamError } from './upstream-error.ts'
import type { Upstreams } from './upstreams.ts'

export interface Passed {
  readonly call: Pick<CatchAllCall, 'req' | 'reply'>
  readonly upstream: Upstream
  readonly caller: string
  readonly token: string
  /** Unless given, every answer is streamed. */
  readonly mending?: Mending | undefined
}

/** What may become of an answer before the client has it. */
export interface Mending {
  /** Of a success: whether all of it is needed. */
  collects(headers: IncomingHttpHeaders): boolean
  /** Instead of a success that was collected, or an error; undefined: it is told as it is. */
  mended(end: Collected): Promise<Mended | undefined>
}

export interface Mended {
  /** JSON */
  readonly body: Buffer
  /** How long ago it was written, what the upstream did not know. */
  readonly lagMs: number
}

/**
 * Passes a call on as it is, path, query and unread body, and its answer back as it comes. Throws what the client is to be told where there
 * is none; resolves when the last byte was handed over, or the answer was cut short.
 */
export async function passOn(
  upstreams: Upstreams,
  { call: { req, reply }, upstream, caller, token, mending }: Passed,
): Promise<void> {
  const method = req.method as 'GET' | 'HEAD' | 'POST'
  const hasBody = method === 'POST' && bringsBody(req.headers)
  const end = await upstreams.ask({
    ...{ upstream, caller, method },
    path: req.raw.url ?? '',
    headers: requestHeaders(req.headers, { hasBody, token }),
    body: () => (hasBody ? rawBody(req.raw, upstreams.limits.requestBytesMax) : null),
    client: reply.raw,
    begin: (status, headers) => begin(reply, status, headers),
    collects: mending && ((headers) => mending.collects(headers)),
  })
  if (end.how !== 'collected') return
  const mended = await mending?.mended(end)
  if (mended !== undefined) sendMended(reply, { ...mended, headers: end.headers })
  else if (end.status > 299) throw await upstreamError(end)
  else begin(reply, end.status, end.headers).end(end.body)
}

/** It is not what the upstream knew at its revision: that is not told. */
function sendMended(
  reply: CatchAllCall['reply'],
  { body, lagMs, headers }: Mended & { headers: IncomingHttpHeaders },
): void {
  const labelers = headers['atproto-content-labelers']
  if (labelers !== undefined) reply.header('atproto-content-labelers', labelers)
  reply.header('atproto-upstream-lag', String(lagMs)).type('application/json; charset=utf-8').send(body)
}

/** From here on the answer is written by hand, with the headers that it had before. */
function begin(reply: CatchAllCall['reply'], status: number, headers: IncomingHttpHeaders): ServerResponse {
  reply.hijack()
  reply.raw.writeHead(status, { ...(reply.getHeaders() as OutgoingHttpHeaders), ...answerHeaders(headers) })
  return reply.raw
}

function bringsBody(headers: IncomingHttpHeaders): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
