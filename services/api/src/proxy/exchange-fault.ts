import { XRPCError } from '@atproto/xrpc-server'

/** Nobody waits for the answer any more. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone'
}

export type FaultKind = 'unreachable' | 'timeout' | 'too large'

/** Why an upstream gave no answer that can be passed on. */
export class ExchangeFault extends Error {
  override readonly name = 'ExchangeFault'
  readonly kind: FaultKind

  constructor(kind: FaultKind, options?: ErrorOptions) {
    super(`The upstream’s answer: ${kind}`, options)
    this.kind = kind
  }
}

/** What ended an exchange: the client, the body that it sent (an XRPC error), or the upstream. */
export function endingOf(error: Error): ClientGone | XRPCError | ExchangeFault {
  if (error instanceof ClientGone || error instanceof XRPCError || error instanceof ExchangeFault)
    return error
  const { code = '' } = error as { code?: string }
  return new ExchangeFault(timeouts.has(code) ? 'timeout' : 'unreachable', { cause: error })
}

const timeouts = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT'])
