import type { Community } from '@heronry/communities/community'
import { isHeronryError } from '@heronry/core/error'
import type { DidResolver } from '@heronry/identity/did-resolver'
import { documentKey, documentPds } from '@heronry/identity/document-keys'
import type { PlcDirectory } from '@heronry/identity/plc-directory'
import { plcData } from '@heronry/identity/plc-operation'
import type { Signer, Vault } from '@heronry/vault/vault'
import type { Actor } from './actor.ts'

export interface DidFaultDeps {
  plc: PlcDirectory
  resolver: DidResolver
  vault: Vault
  /** Signs for the house at the PLC directory. */
  rotation: Signer
}

/**
 * Why the world would not find the actor's repo here by its DID, in words for its owner; null where it would. A did:plc must also let the
 * house operate on it. Asks the network. Throws `Upstream…` where the PLC directory does not answer.
 */
export async function didFault(
  deps: DidFaultDeps,
  { community, actor }: { community: Community; actor: Actor },
): Promise<string | null> {
  const { did } = actor
  const named = did.startsWith('did:plc:') ? await atDirectory(deps, actor) : await inDocument(deps, actor)
  if (typeof named === 'string') return named
  if (named.pds !== community.publicUrl) {
    return 'DID document atproto_pds service endpoint does not match PDS public url'
  }
  const { didKey } = await deps.vault.signer(actor.id)
  if (named.key !== didKey) return 'DID document verification method does not match expected signing key'
  return null
}

interface Named {
  readonly pds: string | undefined
  readonly key: string | undefined
}

async function atDirectory({ plc, rotation }: DidFaultDeps, { did }: Actor): Promise<Named | string> {
  const data = plcData(await plc.lastOperation(did))
  if (data === null) return 'The PLC directory does not know the DID, or it has ended'
  if (!data.rotationKeys.includes(rotation.didKey)) return 'Server rotation key not included in PLC DID data'
  return { pds: data.services['atproto_pds']?.endpoint, key: data.verificationMethods['atproto'] }
}

/** What its server does wrong is for the DID's owner to know. */
async function inDocument({ resolver }: DidFaultDeps, { did }: Actor): Promise<Named | string> {
  try {
    const document = await resolver.resolve(did, { force: true })
    if (document === null) return 'The DID document could not be found'
    return { pds: documentPds(document), key: documentKey(document) }
  } catch (error) {
    if (isHeronryError(error)) return error.message
    throw error
  }
}
