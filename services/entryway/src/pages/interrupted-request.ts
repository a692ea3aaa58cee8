import type { Community } from '@heronry/communities/community'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { interruptedRequestTtlMs, returnToLengthMax } from '../limits.ts'
import { readCookie, setCookie } from './cookies.ts'

const cookie = { name: 'heronry-request' }

/**
 * Keeps which app's request a browser is at, for the page that signs in with a passkey: the provider's link to it opens a window of its own, and does not
 * say where it was. Whoever goes on, or turns to his account, is at none any more.
 */
export function noteInterrupted(request: FastifyRequest, reply: FastifyReply, community: Community): void {
  if (request.method !== 'GET') return
  const [path = ''] = request.url.split('?')
  if (path === '/oauth/authorize' && request.url.length <= returnToLengthMax) {
    const value = Buffer.from(request.url).toString('base64url')
    setCookie(reply, community, { ...cookie, maxAgeMs: interruptedRequestTtlMs, value })
  } else if (isElsewhere(path) && readCookie(request, community, cookie) !== undefined) {
    setCookie(reply, community, { ...cookie, maxAgeMs: 0, value: '' })
  }
}

/** What the page of a request loads is no sign of anything. */
function isElsewhere(path: string): boolean {
  return path === '/oauth/authorize/redirect' || /^\/account(\/|$)/.test(path)
}

export function interruptedRequest(request: FastifyRequest, community: Community): string | undefined {
  const kept = readCookie(request, community, cookie)
  return kept && Buffer.from(kept, 'base64url').toString()
}
