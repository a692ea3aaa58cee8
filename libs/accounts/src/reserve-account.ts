import type { Did } from '@heronry/core/did'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { genesisOperation, type PlcOperation } from '@heronry/identity/plc-operation'
import { enqueue } from '@heronry/jobs/enqueue'
import type { KeyPair, Signer, Vault } from '@heronry/vault/vault'
import { signerOfPrivateKey } from '@heronry/vault/vault'
import { undoDraft } from './account-job-kinds.ts'
import { insertDraft } from './draft-store.ts'
import { spendGateCode } from './gate-code.ts'
import { lockUsableInvite } from './invite-store.ts'
import { draftGraceMs } from './limits.ts'
import type { SignUp } from './sign-up.ts'

export interface ReserveDeps {
  readonly db: Database
  vault: Vault
  /** Signs for the house at the PLC directory. */
  rotation: Signer
  /** did:key that the operator keeps elsewhere (PDS_RECOVERY_DID_KEY). */
  recoveryDidKey?: string | undefined
}

/** A sign-up whose names are reserved. */
export interface Draft {
  readonly id: bigint
  readonly actorId: ActorId
  readonly did: Did
  /** The new repo's key. */
  readonly signer: Signer
}

/** Its DID is made, but not published. */
export interface NewDraft extends Draft {
  readonly operation: PlcOperation
}

/**
 * The first step of a sign-up without a DID, one transaction: names reserved, a use of the invite code set aside, the key sealed, and the
 * janitor told to undo it all should it not be committed in 5 min.
 */
export async function reserveAccount(deps: ReserveDeps, signUp: SignUp): Promise<NewDraft> {
  const { db, vault, rotation, recoveryDidKey } = deps
  const { community, handle, recoveryKey } = signUp
  const key = vault.generate()
  const { did, operation } = await genesisOperation({
    signingKey: key.didKey,
    handle,
    pdsUrl: community.publicUrl,
    rotationKeys: [recoveryKey, recoveryDidKey].filter((didKey) => didKey !== undefined),
    rotation,
  })
  return await inTransaction(db, { name: 'reserve account' }, async (tx) => {
    const draft = await reserveNames(tx, { vault }, { signUp, did, operation, key })
    const runAt = new Date(Date.now() + draftGraceMs)
    await enqueue(tx, undoDraft, { payload: { draftId: draft.id.toString() }, runAt })
    return { ...draft, operation }
  })
}

export interface Naming {
  signUp: SignUp
  did: Did
  operation: PlcOperation | null
  key: KeyPair
}

/**
 * What every sign-up reserves: its code of the gate is spent, a use of its invite set aside, its names are its own and its key is sealed.
 */
export async function reserveNames(
  tx: Transaction,
  { vault }: { vault: Vault },
  { signUp, did, operation, key }: Naming,
): Promise<Draft> {
  const { community, handle, email, inviteCode, gateCode } = signUp
  const communityId = community.id
  if (gateCode !== null) await spendGateCode(tx, { communityId, code: gateCode, handle })
  if (inviteCode !== null) await lockUsableInvite(tx, { code: inviteCode, communityId })
  const names = { communityId, did, handle, email, inviteCode, operation }
  const { id, actorId } = await insertDraft(tx, names)
  await vault.seal(tx, { actorId, ...key })
  return { id, actorId, did, signer: signerOfPrivateKey(key.privateKey) }
}
