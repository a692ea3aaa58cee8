import type { Readable } from 'node:stream'
import { l } from '@atproto/lex'
import type { Authenticator } from '@heronry/auth/authenticator'
import type { Community } from '@heronry/communities/community'
import type { Logger } from '@heronry/telemetry/logger'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import type { RateLimitRule } from './rate-limit.ts'

/** What a handler is called with; `params`, `input` and the answer's body are those of the lexicon. */
export interface MethodCall<M extends l.Query | l.Procedure, A> {
  readonly params: l.InferMethodParams<M>
  /**
   * `{ encoding, body }` of a procedure that takes a body, else undefined. JSON is parsed by the lexicon's schema; any other
   * body is a stream that fails with 413 past its limit of decoded bytes.
   */
  readonly input: l.InferMethodInput<M, Readable>
  /** What `auth` resolved to; undefined without. */
  readonly auth: A
  readonly community: Community
  readonly req: FastifyRequest
  readonly reply: FastifyReply
  /** Aborted when the client of a query goes away. A procedure runs to its end. */
  readonly signal: AbortSignal
  /** Has the request id and the method's name in every line. */
  readonly log: Logger
}

export interface AnswerOptions {
  /** 200 unless said: 206, 304 and 416 answer a range or a condition, 302 sends to where the bytes are. */
  readonly status?: 200 | 206 | 302 | 304 | 416
  readonly headers?: Readonly<Record<string, string | undefined>>
}

/** A body by the lexicon, written as JSON. */
export interface LexAnswer<Body> extends AnswerOptions {
  readonly body: Body
}

/** Bytes passed on as they are. */
export interface RawAnswer extends AnswerOptions {
  readonly encoding: string
  readonly stream?: Readable | AsyncIterable<Uint8Array>
  readonly buffer?: Uint8Array
}

/** A method without an output answers nothing; any method may answer bytes. */
export type MethodAnswer<M extends l.Query | l.Procedure> =
  | (l.InferMethodOutput<M, Uint8Array> extends undefined
      ? undefined
      : LexAnswer<l.InferMethodOutputBody<M, Uint8Array>>)
  | RawAnswer

/** What is known of a call before anything of it is read. */
export interface Asked {
  readonly req: FastifyRequest
  readonly community: Community
}

/** A call at its end: what it did not get as far as is undefined. */
export interface MethodEnd<M extends l.Query | l.Procedure, A> {
  readonly req: FastifyRequest
  readonly community: Community
  readonly auth: A | undefined
  readonly call: MethodCall<M, A> | undefined
  /** Why it was refused or has failed. */
  readonly error: unknown
}

export interface MethodConfig<M extends l.Query | l.Procedure, A> {
  /** Whether a call is, by its headers, not for us: it goes where methods go that are not ours, unread. */
  readonly isPassedOn?: (asked: Asked) => boolean
  /** Runs before a byte of the body is read. */
  readonly auth?: Authenticator<A>
  /** Consumed after the body was found good, as the reference does. */
  readonly rateLimit?: RateLimitRule<MethodCall<M, A>> | readonly RateLimitRule<MethodCall<M, A>>[]
  /** The server's global limits do not count its calls: its own do. */
  readonly isExemptFromGlobalLimit?: boolean
  /** Decoded bytes of the body, where the server's own limit for its kind does not fit. */
  readonly bodyBytesMax?: number
  /** NUL may stand in the strings of the JSON body: they go into record bytes, never into a text column. */
  readonly acceptsNul?: boolean
  readonly handler: (call: MethodCall<M, A>) => Promise<MethodAnswer<M>> | MethodAnswer<M>
  /** Waited for before the answer, once the credentials were looked at. What it throws is the answer. */
  readonly ended?: (end: MethodEnd<M, A>) => Promise<void>
}

type AnyMethod = l.Query | l.Procedure

/** A method as the plugin keeps it; only `method` makes one, which checked its types. */
export interface XrpcMethod {
  readonly schema: AnyMethod
  readonly isPassedOn?: (asked: Asked) => boolean
  readonly auth?: Authenticator<unknown>
  readonly rateLimit: readonly RateLimitRule<MethodCall<AnyMethod, unknown>>[]
  readonly isExemptFromGlobalLimit?: boolean
  readonly bodyBytesMax?: number
  readonly acceptsNul: boolean
  readonly handler: (
    call: MethodCall<AnyMethod, unknown>,
  ) => Promise<LexAnswer<unknown> | RawAnswer | undefined>
  readonly ended?: (end: MethodEnd<AnyMethod, unknown>) => Promise<void>
}

/** A query or procedure: `ns` is the namespace generated from its lexicon. */
export function method<M extends AnyMethod, A = undefined>(
  ns: l.Main<M>,
  config: MethodConfig<M, A>,
): XrpcMethod {
  const { rateLimit = [], acceptsNul = false, ...rest } = config
  const rules = Array.isArray(rateLimit) ? rateLimit : [rateLimit]
  return { ...rest, schema: l.getMain(ns), rateLimit: rules, acceptsNul } as unknown as XrpcMethod
}

/** What a subscription's handler gets: an open socket of its own, to write frames to until one side closes it. */
export interface SubscriptionCall<M extends l.Subscription> {
  readonly params: l.InferMethodParams<M>
  readonly community: Community
  readonly socket: WebSocket
  readonly req: FastifyRequest
  readonly log: Logger
}

export interface SubscriptionConfig<M extends l.Subscription> {
  readonly handler: (call: SubscriptionCall<M>) => void | Promise<void>
  /** Sockets that one client may have open at one community; one more is refused with 429 before its upgrade. Unless given, any number. */
  readonly socketsPerClientMax?: number | undefined
  /** Sends all sockets away when the server closes, in its own time; what is left when it resolves is closed. Called once or more. */
  readonly drain?: () => Promise<void>
}

export interface XrpcSubscription extends SubscriptionConfig<l.Subscription> {
  readonly schema: l.Subscription
}

/** A stream of frames. A handler that throws before its first frame is answered by an error frame. */
export function subscription<M extends l.Subscription>(
  ns: l.Main<M>,
  config: SubscriptionConfig<M>,
): XrpcSubscription {
  return { ...config, schema: l.getMain(ns) } as unknown as XrpcSubscription
}
