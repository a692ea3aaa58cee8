import { DpopNonce } from '@atproto/oauth-provider/verifier'

/**
 * What a DPoP proof must name to be from now: made of a secret and the time, another one each minute, each good for three. Whoever has the
 * secret accepts what others gave out.
 */
export interface DpopNonces {
  next(): string
  check(nonce: string): boolean
}

export function createDpopNonces(secret: Uint8Array): DpopNonces {
  const nonces = new DpopNonce(secret)
  return {
    next: () => nonces.next(),
    check: (nonce) => {
      // The library looks at the clock only when it gives one out.
      nonces.next()
      return nonces.check(nonce)
    },
  }
}
