import { randomBytes } from 'node:crypto'
import { sha256 } from '@heronry/core/cid'
import type { Clock } from '@heronry/core/clock'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { type PasswordDeps, type PasswordProof, provenHash, wrongPassword } from './change-with-password.ts'
import { lockLoginToChange } from './find-login.ts'
import { ownerConfirmationTtlMs } from './limits.ts'

/**
 * Somebody who is signed in shows the password once more; whoever holds the answer counts as the account's owner for a few minutes. A wrong one
 * counts as a failed login by the DID. Throws `AuthenticationRequired` and `RateLimitExceeded`.
 */
export async function confirmWithPassword(deps: PasswordDeps, proof: PasswordProof): Promise<string> {
  const passwordHash = await provenHash(deps, proof)
  const { id: actorId } = proof.actor
  return await inTransaction(deps.db, { name: 'confirm owner' }, async (tx) => {
    const stored = await lockLoginToChange(tx, actorId)
    if (stored?.passwordHash !== passwordHash) throw wrongPassword()
    return await insertConfirmation(tx, deps, actorId)
  })
}

/** The caller holds the account's lock, and knows that it is the owner. Only a hash is stored. */
export async function insertConfirmation(
  tx: Transaction,
  { clock }: { clock: Clock },
  actorId: ActorId,
): Promise<string> {
  const confirmation = randomBytes(32).toString('base64url')
  const expires_at = new Date(clock.now() + ownerConfirmationTtlMs)
  await tx
    .insertInto('owner_confirmation')
    .values({ hash: hashOf(confirmation), actor_id: actorId, expires_at })
    .execute()
  return confirmation
}

export interface Confirmation {
  readonly actorId: ActorId
  readonly confirmation: string
  readonly now: Date
}

export async function isConfirmed(
  db: Database,
  { actorId, confirmation, now }: Confirmation,
): Promise<boolean> {
  const row = await db
    .selectFrom('owner_confirmation')
    .select('expires_at')
    .where('hash', '=', Buffer.from(hashOf(confirmation)))
    .where('actor_id', '=', actorId)
    .executeTakeFirst()
  return row !== undefined && row.expires_at > now
}

/** Whoever showed the password that was; it is another one now. */
export async function deleteConfirmations(tx: Transaction, actorId: ActorId): Promise<void> {
  await tx.deleteFrom('owner_confirmation').where('actor_id', '=', actorId).execute()
}

function hashOf(confirmation: string): Uint8Array {
  return sha256(Buffer.from(confirmation))
}
