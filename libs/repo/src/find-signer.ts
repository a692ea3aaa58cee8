import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Signer } from '@heronry/vault/vault'
import { findRepo } from './find-repo.ts'

export interface SignerDeps {
  readonly db: Database
  readonly vault: { signer(actorId: ActorId): Promise<Signer> }
}

/**
 * The actor's signer; undefined where the actor has no repo any more: whoever deletes an account takes key and repo away in one
 * transaction, so that a key that is gone tells of a repo that is gone. A repo without a key is a fault, and the vault says which.
 */
export async function findSigner({ db, vault }: SignerDeps, actorId: ActorId): Promise<Signer | undefined> {
  try {
    return await vault.signer(actorId)
  } catch (error) {
    if ((await findRepo(db, actorId)) !== undefined) throw error
    return undefined
  }
}
