import type { Clock } from '@heronry/core/clock'
import type { Did } from '@heronry/core/did'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { takeReservedKey } from '@heronry/vault/reserved-keys'
import type { Vault } from '@heronry/vault/vault'
import { commitDraft } from './commit-account.ts'
import { movedInGraceMs } from './limits.ts'
import { reserveNames } from './reserve-account.ts'
import { scheduleDeletion } from './schedule-deletion.ts'
import type { SignUp } from './sign-up.ts'

export interface MoveInDeps {
  db: Database
  vault: Vault
  clock: Clock
}

export interface MovingIn {
  readonly signUp: SignUp
  /** Its owner has shown that it is theirs. */
  readonly did: Did
  readonly passwordHash: string
  readonly sessionId: string | null
}

/**
 * Makes an account for a DID that is somewhere already, in one transaction: nobody else is asked, so there is nothing to undo. It has the
 * key that was reserved for the DID, if one was, an empty repo and no events, and is deactivated until its DID document points here; after
 * 3 days without that it is deleted.
 *
 * kill -9 here → nothing has happened, or the account stands; who did not get the answer logs in.
 */
export async function moveIn({ db, vault, clock }: MoveInDeps, moving: MovingIn): Promise<void> {
  const { signUp, did } = moving
  await inTransaction(db, { name: 'move in' }, async (tx) => {
    const reserved = await takeReservedKey(tx, { vault }, { communityId: signUp.community.id, did })
    const key = reserved ?? vault.generate()
    const draft = await reserveNames(tx, { vault }, { signUp, did, operation: null, key })
    const deleteAfter = new Date(clock.now() + movedInGraceMs)
    await commitDraft(tx, { clock }, { ...moving, draft, deleteAfter })
    await scheduleDeletion(tx, { actorId: draft.actorId, deleteAfter })
  })
}
