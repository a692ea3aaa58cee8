/** Decoded bytes of a JSON body, where the method says nothing else. */
export const jsonBytesMax = 150 * 1024

/** Decoded bytes of the JSON body of createRecord, putRecord and applyWrites. */
export const repoWriteBytesMax = 1_000_000

/** Decoded bytes of a text body. */
const textBytesMax = 100 * 1024

/** Decoded bytes of any other body, where neither the server nor the method says else. */
const rawBytesMax = 5 * 1024 * 1024

/** Arrays and objects within each other in a JSON body: what walks them recursively must not exhaust the stack. */
export const jsonDepthMax = 256

/** Codings of one Content-Encoding header; each costs a decoder. */
export const contentCodingsMax = 2

/** Bytes of a message that a subscriber sends us; it has nothing to say. */
export const subscriberMessageBytesMax = 1024

/** How long subscribers may take to close their side when the server stops. */
export const closeGraceMs = 2_000

/** How long an idle connection is kept; longer than a proxy in front keeps it, so that it is the proxy that lets go. */
export const keepAliveTimeoutMs = 90_000

/** From a request's first byte to its body's last. */
export const requestTimeoutMs = 300_000

/** What a server may set by its configuration. */
export interface XrpcLimits {
  readonly jsonBytesMax: number
  readonly textBytesMax: number
  readonly rawBytesMax: number
}

export const xrpcLimits: XrpcLimits = { jsonBytesMax, textBytesMax, rawBytesMax }

/**
 * Bytes that an encoded body of `decodedBytesMax` may take on the wire: codings add a little to what does not compress. Without
 * it, a stream that decodes to nothing could be sent for ever.
 */
export function encodedBytesMax(decodedBytesMax: number): number {
  return decodedBytesMax + Math.ceil(decodedBytesMax / 100) + 1024
}

/** Characters of a user agent in the log. */
export const userAgentCharsMax = 200

/** Names of errors that are counted apart. */
export const errorNamesMax = 100

/** Requests of one address in five minutes, of every method that is not exempt. */
export const globalRateLimit = { name: 'global-ip', limit: 3_000, windowMs: 5 * 60_000 }

/** Bytes from which an answer is compressed. */
export const compressedBytesMin = 1_024
