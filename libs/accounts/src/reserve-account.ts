import type { Did } from '@heronry/core/did'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { genesisOperation, type PlcOperation } from '@heronry/identity/plc-operation'
import { enqueue } from '@heronry/jobs/enqueue'
import type { Signer, Vault } from '@heronry/vault/vault'
import { signerOfPrivateKey } from '@heronry/vault/vault'
import { undoDraft } from './account-job-kinds.ts'
import { insertDraft } from './draft-store.ts'
import { lockUsableInvite } from './invite-store.ts'
import { draftGraceMs } from './limits.ts'
import type { SignUp } from './sign-up.ts'

export interface ReserveDeps {
  db: Database
  vault: Vault
  /** Signs for the house at the PLC directory. */
  rotation: Signer
  /** did:key that the operator keeps elsewhere (PDS_RECOVERY_DID_KEY). */
  recoveryDidKey?: string | undefined
}

/** A sign-up whose names are reserved and whose DID is made, but not published. */
export interface Draft {
  readonly id: bigint
  readonly actorId: ActorId
  readonly did: Did
  readonly operation: PlcOperation
  /** The new repo's key. */
  readonly signer: Signer
}

/**
 * The first step of a sign-up, one transaction: names reserved, a use of the invite code set aside, the key sealed, and the
 * janitor told to undo it all should it not be committed in 5 min.
 */
export async function reserveAccount(deps: ReserveDeps, signUp: SignUp): Promise<Draft> {
  const { db, vault, rotation, recoveryDidKey } = deps
  const { community, handle, email, inviteCode, recoveryKey } = signUp
  const key = vault.generate()
  const { did, operation } = await genesisOperation({
    signingKey: key.didKey,
    handle,
    pdsUrl: community.publicUrl,
    rotationKeys: [recoveryKey, recoveryDidKey].filter((didKey) => didKey !== undefined),
    rotation,
  })
  const reservation = { communityId: community.id, did, handle, email, inviteCode, operation }
  return await inTransaction(db, { name: 'reserve account' }, async (tx) => {
    if (inviteCode !== null) await lockUsableInvite(tx, { code: inviteCode, communityId: community.id })
    const { id, actorId } = await insertDraft(tx, reservation)
    await vault.seal(tx, { actorId, ...key })
    await enqueue(tx, undoDraft, {
      payload: { draftId: id.toString() },
      runAt: new Date(Date.now() + draftGraceMs),
    })
    return { id, actorId, did, operation, signer: signerOfPrivateKey(key.privateKey) }
  })
}
