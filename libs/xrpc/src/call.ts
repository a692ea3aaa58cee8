import type { l } from '@atproto/lex'
import type { Community } from '@heronry/communities/community'
import type { Logger } from '@heronry/telemetry/logger'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { disconnectSignal, neverAborted } from './disconnect-signal.ts'
import type { MethodCall } from './method.ts'

/** What is known of a call when its handler is called. */
interface Known {
  readonly params: unknown
  readonly input: unknown
  readonly auth: unknown
  readonly community: Community
  readonly req: FastifyRequest
  readonly reply: FastifyReply
}

/**
 * A method's call. Its signal and its logger are made for who asks for them: most handlers want neither. They are its own properties, for
 * handlers take the rest of a call apart (`{ params, ...call }`).
 */
export function callOf(
  known: Known,
  { schema, logger }: { schema: l.Query | l.Procedure; logger: Logger },
): MethodCall<never, unknown> {
  let made: AbortSignal | undefined
  let child: Logger | undefined
  return {
    params: known.params as never,
    input: known.input as never,
    auth: known.auth,
    community: known.community,
    req: known.req,
    reply: known.reply,
    get signal() {
      made ??= schema.type === 'query' ? disconnectSignal(known.reply) : neverAborted
      return made
    },
    get log() {
      child ??= logger.child({ requestId: known.req.id, nsid: schema.nsid })
      return child
    },
  }
}
