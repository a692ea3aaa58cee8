import { verifySignature } from '@atproto/crypto'
import type { Did } from '@heronry/core/did'
import { isHeronryError } from '@heronry/core/error'
import type { DidResolver } from './did-resolver.ts'
import { documentKey } from './document-keys.ts'
import type { PlcDirectory } from './plc-directory.ts'
import { plcData } from './plc-operation.ts'

export interface AtprotoKeyDeps {
  readonly plc: PlcDirectory
  readonly resolver: DidResolver
}

export interface SignedByDid {
  readonly did: Did
  readonly bytes: Uint8Array
  readonly signature: Uint8Array
}

/**
 * Whether a key has signed that is, or ever was, the `#atproto` key of the DID: of a did:plc any of its log, of another DID that of its
 * document now. False also where nobody can say, because the directory or the DID's own server does not answer.
 */
export async function isSignedByDid(deps: AtprotoKeyDeps, signed: SignedByDid): Promise<boolean> {
  for (const key of await keysOf(deps, signed.did)) {
    if (await hasSigned(key, signed)) return true
  }
  return false
}

async function keysOf({ plc, resolver }: AtprotoKeyDeps, did: Did): Promise<ReadonlySet<string>> {
  try {
    if (did.startsWith('did:plc:')) {
      const log = await plc.log(did)
      const keys = log.map((operation) => plcData(operation)?.verificationMethods['atproto'])
      return new Set(keys.filter((key) => key !== undefined))
    }
    const document = await resolver.resolve(did, { force: true })
    const key = document && documentKey(document)
    return new Set(key ? [key] : [])
  } catch (error) {
    if (isHeronryError(error)) return new Set()
    throw error
  }
}

async function hasSigned(key: string, { bytes, signature }: SignedByDid): Promise<boolean> {
  try {
    return await verifySignature(key, bytes, signature)
  } catch {
    return false // A key of a kind that nobody knows, or bytes that are no signature.
  }
}
