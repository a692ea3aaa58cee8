import { P256Keypair, Secp256k1Keypair } from '@atproto/crypto'
import { createServiceJwt } from '@atproto/xrpc-server'

export interface ServiceClaims {
  iss: string
  aud: string
  lxm: string | null
  /** Seconds. Default: in a minute. */
  exp?: number
}

export type StrangerKey = Awaited<ReturnType<typeof strangerKey>>

/** A signing key that this house does not have, and what its holder signs with it. */
export async function strangerKey(curve: 'K-256' | 'P-256' = 'K-256') {
  const keypair = await (curve === 'K-256' ? Secp256k1Keypair.create() : P256Keypair.create())
  const didKey = keypair.did()
  return {
    didKey,
    publicKeyMultibase: didKey.slice('did:key:'.length),
    serviceToken: (claims: ServiceClaims) =>
      createServiceJwt({ keypair, ...claims } as Parameters<typeof createServiceJwt>[0]),
    sign: (bytes: Uint8Array) => keypair.sign(bytes),
  }
}
