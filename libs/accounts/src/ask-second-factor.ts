import type { CommunityId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import type { Vault } from '@heronry/vault/vault'
import { wrongFactor } from './audit-lockout.ts'
import { emailPurposes, spendEmailToken, tokenIssuedAt } from './email-token.ts'
import { forgetWrongFactors, isFactorLocked } from './factor-attempts.ts'
import type { Login, SecondFactors } from './find-login.ts'
import { signInMailIntervalMs, totpDigits } from './limits.ts'
import { mailToken } from './mail-token.ts'
import { isRecoveryCode, spendRecoveryCode } from './recovery-code.ts'
import { spendTotp } from './totp-store.ts'

export function hasSecondFactor({ factors }: Login): boolean {
  return factors.email || factors.totp
}

export interface FactorRequest {
  readonly community: { readonly id: CommunityId }
  /** Whose password was right, and of what was locked to be changed. */
  readonly login: Login
  /** A code by mail, of an authenticator app, or for recovery; undefined or empty: none yet. */
  readonly code: string | undefined
  readonly network: string
  readonly now: Date
}

/** Why a login does not go on: `asked` for a code that was not given, and was mailed where it goes by mail. */
export type FactorRefusal = 'asked' | 'wrong' | 'expired' | 'locked'

/**
 * Asks a login for its second factor, or takes the code that it brings; undefined where that is right. What is refused must be committed: a wrong
 * code counts, and a mail goes out. A code is spent in the transaction that opens the session: kill -9 before its commit → it is still good.
 *
 * Nothing of it happens, or is told, before the password was right.
 */
export async function askSecondFactor(
  tx: Transaction,
  { vault }: { vault: Vault },
  request: FactorRequest,
): Promise<FactorRefusal | undefined> {
  const { login, network, now } = request
  const attempt = { actorId: login.actor.id, network, now }
  if (await isFactorLocked(tx, attempt)) return 'locked'
  const code = request.code?.trim()
  if (!code) {
    if (login.factors.email) await mailSignInCode(tx, request)
    return 'asked'
  }
  const verdict = await spend(tx, { vault }, { ...request, code })
  if (verdict === 'wrong') await wrongFactor(tx, { actor: login.actor, network, now })
  if (verdict !== 'right') return verdict
  await forgetWrongFactors(tx, attempt)
  return undefined
}

/** One that was mailed a moment ago is left alone: who asks again and again would fill the mailbox, and void each code before it is typed. */
async function mailSignInCode(tx: Transaction, { community, login, now }: FactorRequest): Promise<void> {
  const purpose = emailPurposes.signIn
  const issuedAt = await tokenIssuedAt(tx, { actorId: login.actor.id, purpose })
  if (issuedAt !== undefined && now.getTime() - issuedAt.getTime() < signInMailIntervalMs) return
  await mailToken(tx, { community, login, purpose, now })
}

type Spending = FactorRequest & { code: string }

/** The three kinds of codes look different; a kind that the account does not use is wrong. */
async function spend(
  tx: Transaction,
  { vault }: { vault: Vault },
  { login, code, now }: Spending,
): Promise<'right' | 'wrong' | 'expired'> {
  const actorId = login.actor.id
  const { email, totp }: SecondFactors = login.factors
  const digits = code.replaceAll(/\s/g, '')
  if (new RegExp(`^\\d{${totpDigits}}$`).test(digits)) {
    return totp && (await spendTotp(tx, { vault }, { actorId, code: digits, now })) ? 'right' : 'wrong'
  }
  if (isRecoveryCode(code)) return (await spendRecoveryCode(tx, { actorId, code })) ? 'right' : 'wrong'
  if (!email) return 'wrong'
  return await spendEmailToken(tx, { actorId, purpose: emailPurposes.signIn, now, token: code })
}
