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
 * A method's call. Its signal and its logger are made for who asks for them: most handlers want neither. They are getters, which a rest
 * pattern or a spread leaves out: handlers name what they take.
 */
export class Call implements MethodCall<never, unknown> {
  readonly params: never
  readonly input: never
  readonly auth: unknown
  readonly community: Community
  readonly req: FastifyRequest
  readonly reply: FastifyReply
  readonly #schema: l.Query | l.Procedure
  readonly #logger: Logger
  #signal: AbortSignal | undefined
  #log: Logger | undefined

  constructor(known: Known, { schema, logger }: { schema: l.Query | l.Procedure; logger: Logger }) {
    this.params = known.params as never
    this.input = known.input as never
    this.auth = known.auth
    this.community = known.community
    this.req = known.req
    this.reply = known.reply
    this.#schema = schema
    this.#logger = logger
  }

  get signal(): AbortSignal {
    this.#signal ??= this.#schema.type === 'query' ? disconnectSignal(this.reply) : neverAborted
    return this.#signal
  }

  get log(): Logger {
    this.#log ??= this.#logger.child({ requestId: this.req.id, nsid: this.#schema.nsid })
    return this.#log
  }
}
