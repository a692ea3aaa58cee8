import { randomInt, timingSafeEqual } from 'node:crypto'
import { sha256 } from '@heronry/core/cid'
import type { ActorId, CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'
import { lockLoginToChange } from './find-login.ts'
import { emailTokenAttemptsMax, emailTokenTtlMs } from './limits.ts'

/** What a token lets its holder do, by the number that is stored. */
export const emailPurposes = {
  confirmEmail: 1,
  updateEmail: 2,
  resetPassword: 3,
  deleteAccount: 4,
  plcOperation: 5,
  signIn: 6,
} as const

export type EmailPurpose = (typeof emailPurposes)[keyof typeof emailPurposes]

const ttlMs: Record<EmailPurpose, number> = {
  [emailPurposes.confirmEmail]: emailTokenTtlMs.confirmEmail,
  [emailPurposes.updateEmail]: emailTokenTtlMs.updateEmail,
  [emailPurposes.resetPassword]: emailTokenTtlMs.resetPassword,
  [emailPurposes.deleteAccount]: emailTokenTtlMs.deleteAccount,
  [emailPurposes.plcOperation]: emailTokenTtlMs.plcOperation,
  [emailPurposes.signIn]: emailTokenTtlMs.signIn,
}

export interface TokenSlot {
  readonly actorId: ActorId
  readonly purpose: EmailPurpose
  readonly now: Date
}

/**
 * Makes the actor's token for a purpose, in place of the one before: `XXXXX-XXXXX`, good once, for as long as the purpose allows. Only its
 * hash is stored.
 */
export async function issueEmailToken(
  tx: Transaction,
  { actorId, purpose, now }: TokenSlot,
): Promise<IssuedToken> {
  const token = `${letters(5)}-${letters(5)}`
  const expiresAt = new Date(now.getTime() + ttlMs[purpose])
  const fresh = { token_hash: hashOf(token), expires_at: expiresAt, attempts: 0 }
  await tx
    .insertInto('email_token')
    .values({ actor_id: actorId, purpose, ...fresh })
    .onConflict((conflict) => conflict.columns(['actor_id', 'purpose']).doUpdateSet(fresh))
    .execute()
  return { token, expiresAt }
}

export interface IssuedToken {
  readonly token: string
  readonly expiresAt: Date
}

/** When the token that stands was made; undefined where there is none. */
export async function tokenIssuedAt(
  tx: Transaction,
  { actorId, purpose }: Omit<TokenSlot, 'now'>,
): Promise<Date | undefined> {
  const slot = await tx
    .selectFrom('email_token')
    .select('expires_at')
    .where('actor_id', '=', actorId)
    .where('purpose', '=', purpose)
    .executeTakeFirst()
  return slot && new Date(slot.expires_at.getTime() - ttlMs[purpose])
}

/** The actor of the community that holds the token, expired or not: for who shows a token and says no name. */
export async function findTokenHolder(
  db: Database,
  { communityId, purpose, token }: { communityId: CommunityId; purpose: EmailPurpose; token: string },
): Promise<ActorId | undefined> {
  const row = await db
    .selectFrom('email_token')
    .innerJoin('actor', 'actor.id', 'email_token.actor_id')
    .select('email_token.actor_id')
    .where('email_token.token_hash', '=', Buffer.from(hashOf(token)))
    .where('email_token.purpose', '=', purpose)
    .where('actor.community_id', '=', communityId)
    .executeTakeFirst()
  return row?.actor_id as ActorId | undefined
}

export type TokenVerdict = 'right' | 'wrong' | 'expired'

/**
 * Spends the token, or an attempt at it. The verdict must not become an exception inside the transaction: a wrong attempt that is
 * rolled back would not count. Of two that show the token at once, the second finds it gone.
 *
 * Invariant: the account's lock comes before its tokens, here and for whoever takes them all away. Whoever needs the repo's takes that
 * before this is called.
 */
export async function spendEmailToken(
  tx: Transaction,
  { actorId, purpose, now, token }: TokenSlot & { token: string },
): Promise<TokenVerdict> {
  await lockLoginToChange(tx, actorId)
  const slot = await tx
    .selectFrom('email_token')
    .select(['token_hash', 'expires_at', 'attempts'])
    .where('actor_id', '=', actorId)
    .where('purpose', '=', purpose)
    .forUpdate()
    .executeTakeFirst()
  if (slot === undefined || slot.attempts >= emailTokenAttemptsMax) return 'wrong'
  if (!timingSafeEqual(hashOf(token), slot.token_hash)) {
    await countAttempt(tx, { actorId, purpose })
    return 'wrong'
  }
  await tx.deleteFrom('email_token').where('actor_id', '=', actorId).where('purpose', '=', purpose).execute()
  return slot.expires_at > now ? 'right' : 'expired'
}

async function countAttempt(tx: Transaction, slot: Omit<TokenSlot, 'now'>): Promise<void> {
  await tx
    .updateTable('email_token')
    .set((eb) => ({ attempts: eb('attempts', '+', 1) }))
    .where('actor_id', '=', slot.actorId)
    .where('purpose', '=', slot.purpose)
    .execute()
}

function hashOf(token: string): Uint8Array {
  return sha256(Buffer.from(token.trim().toUpperCase()))
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

function letters(length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
}
