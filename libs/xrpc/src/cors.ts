import type { FastifyReply, FastifyRequest } from 'fastify'

/** What a browser's script may read of an answer, besides the few headers it always may. */
const exposed = [
  'x-request-id',
  'ratelimit-limit',
  'ratelimit-remaining',
  'ratelimit-reset',
  'ratelimit-policy',
  'retry-after',
  'dpop-nonce',
  'www-authenticate',
  'etag',
  'content-length',
  'content-range',
  'accept-ranges',
  'content-disposition',
  'atproto-repo-rev',
  'atproto-content-labelers',
].join(', ')

/** Any page may call XRPC: credentials are in a header it sets itself, never in a cookie. */
export function allowAnyOrigin(_request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  reply.header('access-control-allow-origin', '*').header('access-control-expose-headers', exposed)
  done()
}

/** Answers a preflight: any method, the headers that were asked for, for a day. */
export async function answerPreflight(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const asked = request.headers['access-control-request-headers']
  if (asked !== undefined) reply.header('access-control-allow-headers', asked)
  return reply
    .code(204)
    .header('access-control-allow-methods', 'GET,HEAD,PUT,PATCH,POST,DELETE')
    .header('access-control-max-age', '86400')
    .header('vary', 'Access-Control-Request-Headers')
    .send()
}
