import { InvalidRequestError, XRPCError } from '@atproto/xrpc-server'

/** The 400 for a body whose stream fails: it was cut short, or its Content-Encoding does not decode. */
export function bodyFault(cause: Error): XRPCError {
  if (cause instanceof XRPCError) return cause
  return new InvalidRequestError('The request body was cut short or does not decode', undefined, { cause })
}
