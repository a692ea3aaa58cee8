import type { Community } from '@heronry/communities/community'
import type { PlcFields } from '@heronry/identity/plc-update'
import type { Signer, Vault } from '@heronry/vault/vault'
import type { Actor } from './actor.ts'

export interface DidCredentialsDeps {
  readonly vault: Vault
  /** Signs for the house at the PLC directory. */
  readonly rotation: Signer
  /** did:key that the operator keeps elsewhere (PDS_RECOVERY_DID_KEY). */
  readonly recoveryDidKey?: string | undefined
}

/** What the document of an actor's DID is to say so that this house can serve it. */
export async function didCredentials(
  { vault, rotation, recoveryDidKey }: DidCredentialsDeps,
  { community, actor }: { community: Community; actor: Actor },
): Promise<PlcFields> {
  const { didKey } = await vault.signer(actor.id)
  return {
    alsoKnownAs: actor.handle === null ? [] : [`at://${actor.handle}`],
    verificationMethods: { atproto: didKey },
    rotationKeys: [...(recoveryDidKey === undefined ? [] : [recoveryDidKey]), rotation.didKey],
    services: { atproto_pds: { type: 'AtprotoPersonalDataServer', endpoint: community.publicUrl } },
  }
}
