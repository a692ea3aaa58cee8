import { DpopNonce } from '@atproto/oauth-provider/verifier'

/**
 * What a DPoP proof must name to be from now: made of a secret and the time, another one each minute, each good for three. Whoever has the
 * secret accepts what others gave out.
 */
export type DpopNonces = Pick<DpopNonce, 'next' | 'check'>

export function createDpopNonces(secret: Uint8Array): DpopNonces {
  return new DpopNonce(secret)
}
