import type { Clock } from '@heronry/core/clock'
import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { enqueue } from '@heronry/jobs/enqueue'
import { mailPasswordReset, type ResetRequest } from './account-job-kinds.ts'
import { emailPurposes, tokenIssuedAt } from './email-token.ts'
import { findLoginByIdentifier, lockLogin } from './find-login.ts'
import { emailLengthMax, resetMailIntervalMs } from './limits.ts'
import { mailToken } from './mail-token.ts'

/**
 * Takes a wish for a new password, of whatever address. Nobody learns whether there is such an account, from the answer or from its time:
 * a job looks the address up, after the answer.
 */
export async function requestPasswordReset(
  { db }: { db: Database },
  { communityId, email }: { communityId: CommunityId; email: string },
): Promise<void> {
  if (email.length > emailLengthMax) return
  await inTransaction(db, { name: 'request password reset' }, (tx) =>
    enqueue(tx, mailPasswordReset, {
      // After the janitors, whose queue it is: anybody can ask for any number of them.
      priority: -1,
      payload: { communityId, email: email.toLowerCase() },
    }),
  )
}

/**
 * Mails a reset token to the account of that address, if there is one, in whatever state it is. One that was mailed a moment ago is left
 * alone: who asks again and again for somebody else would otherwise fill his mailbox, and make each code worthless before it is typed.
 */
export async function sendPasswordReset(
  tx: Transaction,
  { clock }: { clock: Clock },
  { communityId, email }: ResetRequest,
): Promise<void> {
  const found = await findLoginByIdentifier(tx, { communityId, identifier: email })
  const stored = found && (await lockLogin(tx, found.login.actor.id))
  if (stored === undefined || stored.login.email.toLowerCase() !== email) return
  const purpose = emailPurposes.resetPassword
  const now = new Date(clock.now())
  const issuedAt = await tokenIssuedAt(tx, { actorId: stored.login.actor.id, purpose })
  if (issuedAt !== undefined && now.getTime() - issuedAt.getTime() < resetMailIntervalMs) return
  await mailToken(tx, { community: { id: communityId }, login: stored.login, purpose, now })
}
