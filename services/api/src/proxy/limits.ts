/** From a request sent to the first line of its answer. */
const headersTimeoutMs = 10_000

/** Between two pieces of an answer's body. */
const bodyTimeoutMs = 30_000

/** Until a connection stands, TLS included. */
const connectTimeoutMs = 5_000

/** A whole exchange, however slowly either side reads or writes. */
const exchangeMsMax = 120_000

/** Bytes of an answer's body, as they come. */
const answerBytesMax = 10 * 1024 * 1024

/** Bytes of a request's body, as they come: it is streamed, and never in memory. */
const requestBytesMax = 100 * 1024 * 1024

/** Requests that one upstream has in flight from this process; each has a connection. */
const inFlightPerUpstreamMax = 1_024

/** Of these, those of one account or one address: nobody keeps an AppView from all others by reading slowly. */
const inFlightPerCallerMax = 64

/** Failures in a row after which an upstream is left alone, and for how long until one request tries again. */
const failuresInARowMax = 20
const openMs = 5_000

/** Times that a GET is tried again where its connection broke before an answer. */
const retriesMax = 0

/** What a process may set. */
export interface ProxyLimits {
  readonly headersTimeoutMs: number
  readonly bodyTimeoutMs: number
  readonly connectTimeoutMs: number
  readonly exchangeMsMax: number
  readonly answerBytesMax: number
  readonly requestBytesMax: number
  readonly inFlightPerUpstreamMax: number
  readonly inFlightPerCallerMax: number
  readonly failuresInARowMax: number
  readonly openMs: number
  readonly retriesMax: number
}

export const proxyLimits: ProxyLimits = {
  headersTimeoutMs,
  bodyTimeoutMs,
  connectTimeoutMs,
  exchangeMsMax,
  answerBytesMax,
  requestBytesMax,
  inFlightPerUpstreamMax,
  inFlightPerCallerMax,
  failuresInARowMax,
  openMs,
  retriesMax,
}

/** Bytes of an answer's head. */
export const headBytesMax = 16 * 1024

/** Bytes of an error's body, coded and decoded: JSON with a name and a message. */
export const errorBytesMax = 64 * 1024

/** How long an error's body that nobody reads may take, so that its connection can be used again. */
export const errorDrainMs = 100

/** How long an idle connection is kept. */
export const idleConnectionMs = 10_000

/** Upstreams whose failures a process remembers; the longest untouched is forgotten first. */
export const upstreamsRememberedMax = 10_000

/** Of the token that goes with a request. */
export const proxyTokenTtlMs = 60_000

/** Bytes, as they come, of the answers that are not streamed: a record, a report, a timeline that the AppView is behind with. */
export const collectedBytesMax = 2 * 1024 * 1024

/** Feed generators whose DID a process remembers, and for how long. */
export const feedsRememberedMax = 5_000
export const feedMaxAgeMs = 60_000
