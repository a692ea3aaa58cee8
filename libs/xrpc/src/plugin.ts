import type { Community } from '@heronry/communities/community'
import type { CommunityDirectory } from '@heronry/communities/directory'
import type { Logger } from '@heronry/telemetry/logger'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { XrpcLimits } from './limits.ts'
import type { XrpcMethod, XrpcSubscription } from './method.ts'
import type { ServerRateLimits } from './rate-limit.ts'

/** A request for a method that is not ours, its body unread. */
export interface CatchAllCall {
  readonly nsid: string
  readonly community: Community
  readonly req: FastifyRequest
  readonly reply: FastifyReply
  readonly log: Logger
}

export interface XrpcServerOptions {
  readonly communities: Pick<CommunityDirectory, 'forHost'>
  readonly methods: readonly XrpcMethod[]
  readonly subscriptions?: readonly XrpcSubscription[]
  /** Answers `/xrpc/<nsid>` of no method of ours; unless given, as a server without any other service. */
  readonly catchAll?: (call: CatchAllCall) => Promise<unknown>
  readonly logger: Logger
  readonly limits?: Partial<XrpcLimits>
  readonly rateLimits?: ServerRateLimits
  /** Answers are held against their lexicon. */
  readonly devMode?: boolean
}

/** Puts XRPC under /xrpc of `app`. To be awaited before any other route is added: its request ids are for all of them. */
export async function xrpcServer(_app: FastifyInstance, _options: XrpcServerOptions): Promise<void> {
  throw new Error('not yet')
}
