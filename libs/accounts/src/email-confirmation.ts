import type { Community } from '@heronry/communities/community'
import type { Clock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import { invalidHandle } from '@heronry/core/handle'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { enqueue } from '@heronry/jobs/enqueue'
import { sendMail } from '@heronry/jobs/kinds/send-mail'
import type { Actor } from './actor.ts'
import { emailPurposes, issueEmailToken, spendEmailToken } from './email-token.ts'
import { lockLogin } from './find-login.ts'

export interface EmailConfirmationDeps {
  db: Database
  clock: Clock
}

/** Sends a token to the account's address. The mail goes out if, and only if, the token stands. */
export async function requestEmailConfirmation(
  { db, clock }: EmailConfirmationDeps,
  { community, actor }: { community: Community; actor: Actor },
): Promise<void> {
  await inTransaction(db, { name: 'request e-mail confirmation' }, async (tx) => {
    const stored = await lockLogin(tx, actor.id)
    if (stored === undefined) throw accountNotFound()
    const now = new Date(clock.now())
    const { token: code } = await issueEmailToken(tx, {
      actorId: actor.id,
      purpose: emailPurposes.confirmEmail,
      now,
    })
    const { email, actor: current } = stored.login
    const mail = { template: 'confirm-email' as const, handle: current.handle ?? invalidHandle, code }
    await enqueue(tx, sendMail, {
      payload: { communityId: community.id, serviceName: community.settings.name, to: email, mail },
    })
  })
}

export interface Confirmation {
  actor: Actor
  email: string
  token: string
}

type Verdict = 'right' | 'wrong' | 'expired' | 'otherEmail' | 'noAccount'

/**
 * Confirms the account's address with the token that was sent to it.
 *
 * Throws `AccountNotFound`, `InvalidEmail` (another address than the account's), `InvalidToken` (wrong, spent, or tried too often) or
 * `ExpiredToken`.
 */
export async function confirmEmail(
  { db, clock }: EmailConfirmationDeps,
  confirmation: Confirmation,
): Promise<void> {
  const now = new Date(clock.now())
  const verdict = await inTransaction(db, { name: 'confirm e-mail' }, (tx) =>
    confirm(tx, { ...confirmation, now }),
  )
  if (verdict !== 'right') throw refusals[verdict]()
}

async function confirm(
  tx: Transaction,
  { actor, email, token, now }: Confirmation & { now: Date },
): Promise<Verdict> {
  // The account's lock first: two that confirm at once come one after the other.
  const stored = await tx
    .selectFrom('account')
    .select('email')
    .where('actor_id', '=', actor.id)
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (stored === undefined) return 'noAccount'
  if (stored.email.toLowerCase() !== email.toLowerCase()) return 'otherEmail'
  const purpose = emailPurposes.confirmEmail
  const verdict = await spendEmailToken(tx, { actorId: actor.id, purpose, now, token })
  if (verdict !== 'right') return verdict
  await tx.updateTable('account').set({ email_confirmed_at: now }).where('actor_id', '=', actor.id).execute()
  return 'right'
}

const refusals: Record<Exclude<Verdict, 'right'>, () => HeronryError> = {
  noAccount: accountNotFound,
  otherEmail: () => new HeronryError('InvalidEmail', 'invalid email'),
  wrong: () => new HeronryError('InvalidToken', 'Token is invalid'),
  expired: () => new HeronryError('ExpiredToken', 'Token is expired'),
}

function accountNotFound(): HeronryError {
  return new HeronryError('AccountNotFound', 'user not found')
}
