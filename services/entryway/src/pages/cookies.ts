import type { Community } from '@heronry/communities/community'
import type { FastifyReply, FastifyRequest } from 'fastify'

export interface PageCookie {
  readonly name: string
  readonly maxAgeMs?: number
}

/** With a prefix that browsers hold to: no other host of the domain, and nobody between, sets it. Not where there is no TLS. */
function cookieName(community: Community, { name }: PageCookie): string {
  return isSecure(community) ? `__Host-${name}` : name
}

export function readCookie(
  request: FastifyRequest,
  community: Community,
  cookie: PageCookie,
): string | undefined {
  const name = cookieName(community, cookie)
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const [key, value] = pair.trim().split('=')
    if (key === name) return value
  }
  return undefined
}

/** `value` needs no quoting: base64url. */
export function setCookie(
  reply: FastifyReply,
  community: Community,
  { value, ...cookie }: PageCookie & { readonly value: string },
): void {
  const attributes = [
    `${cookieName(community, cookie)}=${value}`,
    'Path=/',
    'HttpOnly',
    'SameSite=Lax',
    ...(isSecure(community) ? ['Secure'] : []),
    ...(cookie.maxAgeMs === undefined ? [] : [`Max-Age=${cookie.maxAgeMs / 1000}`]),
  ]
  reply.header('set-cookie', attributes.join('; '))
}

function isSecure({ publicUrl }: Community): boolean {
  return publicUrl.startsWith('https:')
}
