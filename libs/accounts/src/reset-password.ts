import type { Clock } from '@heronry/core/clock'
import type { ActorId, CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { emailPurposes, findTokenHolder, spendEmailToken, type TokenVerdict } from './email-token.ts'
import { lockLoginToChange } from './find-login.ts'
import type { Passwords } from './passwords.ts'
import { assertNewPassword, type Replacement, replacePassword } from './replace-password.ts'
import { countTokenGuess, forgetTokenGuess } from './token-guesses.ts'
import { tokenRefusals } from './token-refusals.ts'

export interface PasswordReset {
  readonly communityId: CommunityId
  readonly token: string
  readonly password: string
  /** Where it comes from: what guesses are counted by, as they name no account. */
  readonly network: string
}

interface ResetDeps {
  db: Database
  clock: Clock
  passwords: Passwords
}

/**
 * Gives the account that the token was mailed to another password, and ends everything that the old one could have opened: sessions,
 * access tokens and app passwords (docs/decisions/0019). Returns whose it was.
 *
 * Throws `InvalidRequest` for a password of no good length, `InvalidToken` (wrong, spent, or of another community), `ExpiredToken`, and
 * `RateLimitExceeded` for a network that has guessed too often. kill -9 before the commit → nothing has happened, but the guess is counted.
 */
export async function resetPassword(deps: ResetDeps, reset: PasswordReset): Promise<ActorId> {
  const { db, clock, passwords } = deps
  const { communityId, token, password, network } = reset
  assertNewPassword(password)
  const now = new Date(clock.now())
  // Counted before the token is looked at, or guesses that come at once would all be looked at; a right one is taken off again.
  await countTokenGuess(db, { communityId, network, now })
  const slot = { communityId, purpose: emailPurposes.resetPassword, token }
  const actorId = await findTokenHolder(db, slot)
  if (actorId === undefined) throw tokenRefusals.wrong()
  const passwordHash = await passwords.hash(password)
  const verdict = await inTransaction(db, { name: 'reset password' }, async (tx) => {
    const verdict = await spendAndReplace(tx, { actorId, token, passwordHash, now })
    if (verdict === 'right') await forgetTokenGuess(tx, { communityId, network })
    return verdict
  })
  if (verdict !== 'right') throw tokenRefusals[verdict]()
  return actorId
}

async function spendAndReplace(
  tx: Transaction,
  { token, ...replacement }: Replacement & { token: string },
): Promise<TokenVerdict> {
  const { actorId, now } = replacement
  if ((await lockLoginToChange(tx, actorId)) === undefined) return 'wrong'
  const verdict = await spendEmailToken(tx, { actorId, purpose: emailPurposes.resetPassword, now, token })
  if (verdict === 'right') await replacePassword(tx, replacement)
  return verdict
}
