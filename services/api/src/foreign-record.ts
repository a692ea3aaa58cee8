import type { Community } from '@heronry/communities/community'
import { clientKey } from '@heronry/xrpc/client-key'
import type { RawAnswer } from '@heronry/xrpc/method'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { askJson } from './proxy/ask-json.ts'
import { appViewOf } from './proxy/default-upstream.ts'
import type { Upstreams } from './proxy/upstreams.ts'

interface ForeignCall {
  readonly community: Community
  readonly req: FastifyRequest
  readonly reply: FastifyReply
}

/** The same question, put to the community's AppView in nobody's name; undefined where there is none. */
export async function foreignRecord(
  upstreams: Upstreams,
  { community, req, reply }: ForeignCall,
): Promise<RawAnswer | undefined> {
  const upstream = appViewOf(community)
  if (upstream === undefined) return undefined
  const asked = { upstream, caller: clientKey(req), client: reply.raw, path: req.raw.url ?? '' }
  const buffer = await askJson(upstreams, asked)
  return { encoding: 'application/json; charset=utf-8', buffer }
}
