import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { Community } from '@heronry/communities/community'
import { HeronryError } from '@heronry/core/error'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { readCookie, setCookie } from './cookies.ts'

const cookie = { name: 'heronry-form' }

/** What the forms of a page bear, and the browser that they were made for has in a cookie: no other site knows it. */
export function formToken(request: FastifyRequest, reply: FastifyReply, community: Community): string {
  const known = readCookie(request, community, cookie)
  if (known !== undefined && /^[\w-]{22}$/.test(known)) return known
  const value = randomBytes(16).toString('base64url')
  setCookie(reply, community, { ...cookie, value })
  return value
}

/**
 * Throws `Forbidden` for what no page of the community has sent: by what the browser says of where it comes from, and by the token. Either would do in
 * a browser of today.
 */
export function assertOwnForm(request: FastifyRequest, community: Community, token: unknown): void {
  const { origin, 'sec-fetch-site': site } = request.headers
  const isOwnSite =
    (origin ?? community.publicUrl) === community.publicUrl && (site ?? 'same-origin') === 'same-origin'
  const known = readCookie(request, community, cookie)
  if (isOwnSite && known !== undefined && typeof token === 'string' && isSame(known, token)) return
  throw new HeronryError(
    'Forbidden',
    'This form is too old. Please go back, load the page again, and try once more.',
  )
}

function isSame(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)]
  return left.length === right.length && timingSafeEqual(left, right)
}
