import type { Community } from '@heronry/communities/community'
import type { CommunityDirectory } from '@heronry/communities/directory'
import { HeronryError } from '@heronry/core/error'
import type { FastifyRequest } from 'fastify'
import { noteRequest } from './request-notes.ts'

/**
 * The community a request is for, by the Host header it was sent with. A handle's own host has no XRPC (404); a host of
 * nobody is 421; two Host headers are no request (RFC 9112 §3.2).
 */
export async function requestCommunity(
  communities: Pick<CommunityDirectory, 'forHost'>,
  request: FastifyRequest,
): Promise<Community> {
  const { raw } = request
  if (countHosts(raw.rawHeaders) > 1) throw new HeronryError('InvalidRequest', 'More than one Host header')
  const match = await communities.forHost(raw.headers.host)
  if (match.kind === 'handle')
    throw new HeronryError('XRPCNotSupported', 'There is no XRPC at the host of a handle')
  noteRequest(request, { community: match.community.slug })
  return match.community
}

function countHosts(rawHeaders: readonly string[]): number {
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]
    if (name?.length === 4 && name.toLowerCase() === 'host') count++
  }
  return count
}
