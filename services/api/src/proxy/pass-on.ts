import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { CatchAllCall } from '@heronry/xrpc/catch-all'
import { rawBody } from '@heronry/xrpc/decoded-body'
import { answerHeaders, requestHeaders } from './headers.ts'
import type { Upstream } from './upstream.ts'
import { upstreamError } from './upstream-error.ts'
import type { Upstreams } from './upstreams.ts'

export interface Passed {
  readonly call: Pick<CatchAllCall, 'req' | 'reply'>
  readonly upstream: Upstream
  readonly caller: string
  readonly token: string
}

/**
 * Passes a call on as it is, path, query and unread body, and its answer back as it comes. Throws what the client is to be told where there
 * is none; resolves when the last byte was handed over, or the answer was cut short.
 */
export async function passOn(
  upstreams: Upstreams,
  { call: { req, reply }, upstream, caller, token }: Passed,
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
  })
  if (end.how === 'collected') throw await upstreamError(end)
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
