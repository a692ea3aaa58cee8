import { encode } from '@atproto/lex-cbor'
import type { LexMap } from '@atproto/lex-data'
import {
  addSignature,
  assureValidCreationOp,
  type CompatibleOp,
  createOp,
  normalizeOp,
  type Operation,
  type Tombstone,
} from '@did-plc/lib'
import { cidString, sha256 } from '@heronry/core/cid'
import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import type { Handle } from '@heronry/core/handle'
import type { Signer } from '@heronry/vault/vault'

export type PlcOperation = Operation
export type PlcTombstone = Tombstone
export type PlcSigned = PlcOperation | PlcTombstone

export interface Genesis {
  readonly signingKey: string
  readonly handle: Handle
  /** Where the repo is served: an origin. */
  readonly pdsUrl: string
  /** did:key, the mightiest first; the rotation signer's own is added last. */
  readonly rotationKeys: readonly string[]
  readonly rotation: Signer
}

/**
 * Makes the first operation of a did:plc, and with it the DID, without telling anybody. Throws `InvalidRequest` where a rotation
 * key is none that PLC knows.
 */
export async function genesisOperation(genesis: Genesis): Promise<{ did: Did; operation: PlcOperation }> {
  const { signingKey, handle, pdsUrl, rotation } = genesis
  const rotationKeys = [...new Set([...genesis.rotationKeys, rotation.didKey])]
  const signer = keypair(rotation)
  const { did, op } = await createOp({ signingKey, handle, pds: pdsUrl, rotationKeys, signer })
  await assureValidCreationOp(did, op).catch((cause: unknown) => {
    throw new HeronryError('InvalidRequest', 'A recovery key must be a did:key of K-256 or P-256', { cause })
  })
  return { did: did as Did, operation: op }
}

/** What a DID is by its last operation, written in the newest form; null for one that is unknown or has ended. */
export function plcData(
  last: PlcSigned | null,
): Pick<PlcOperation, 'rotationKeys' | 'verificationMethods' | 'services'> | null {
  return last === null || last.type === 'plc_tombstone' ? null : normalizeOp(last as CompatibleOp)
}

/** The operation that ends a DID whose last operation is `last`. */
export async function tombstoneOperation(rotation: Signer, last: PlcOperation): Promise<PlcTombstone> {
  const prev = operationCid(last)
  return (await addSignature({ type: 'plc_tombstone', prev }, keypair(rotation))) as PlcTombstone
}

/** The CID of an operation, signature included: what the next one names as `prev`. */
export function operationCid(operation: PlcSigned): string {
  return cidString(sha256(encode(operation as unknown as LexMap)))
}

/** As `@did-plc/lib` wants its signers. */
export function keypair({ didKey, sign }: Signer) {
  return { jwtAlg: 'ES256K', did: () => didKey, sign: async (bytes: Uint8Array) => sign(bytes) }
}
