import type { RateCounters } from '@heronry/limits/rate-counters'
import type { FastifyRequest } from 'fastify'

/** How a call is counted: whose it is, and how much it weighs. */
export interface RateLimitCount<Call> {
  /** The client's address unless said; null: this call is not counted. */
  readonly key?: (call: Call) => string | null
  /** 1 unless said; 0: this call is not counted. */
  readonly points?: (call: Call) => number
}

/** A limit of one method alone. */
export interface RouteLimit<Call> extends RateLimitCount<Call> {
  readonly limit: number
  readonly windowMs: number
}

/** A share in a limit that several methods count against, by its name. */
export interface SharedLimit<Call> extends RateLimitCount<Call> {
  readonly shared: string
}

export type RateLimitRule<Call> = RouteLimit<Call> | SharedLimit<Call>

/** A limit that more than one method counts against. */
export interface Limit {
  readonly name: string
  readonly limit: number
  readonly windowMs: number
}

/** The limits of a whole server; without them no limit applies, those of the methods neither. */
export interface ServerRateLimits {
  /** Counted by address, for every XRPC request that gets as far; a method may be exempt. */
  readonly global: readonly Limit[]
  readonly shared: readonly Limit[]
  /** This process's memory unless said. Whoever opened them closes them. */
  readonly counters?: RateCounters
  /** Requests that nothing is counted for. */
  readonly bypass?: (request: FastifyRequest) => boolean
}
