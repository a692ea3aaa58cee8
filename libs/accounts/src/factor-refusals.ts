import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import type { FactorRefusal } from './ask-second-factor.ts'
import { type FactorTry, factorLockedForMs } from './factor-attempts.ts'
import type { Login } from './find-login.ts'
import { tokenRefusals } from './token-refusals.ts'

/** What is said of a second factor that was not brought. */
export function factorNeeded({ factors }: Login): HeronryError {
  const message = factors.email
    ? 'A sign-in code has been sent to your email address'
    : 'A code of your authenticator app, or a recovery code, is needed'
  return new HeronryError('AuthFactorTokenRequired', message)
}

/** What is said of one that does not hold. The official apps know a wrong code by the words "Token is invalid". */
export const factorRefusals: Record<
  Exclude<FactorRefusal, 'asked' | 'locked'>,
  () => HeronryError
> = tokenRefusals

/** What is said after too many wrong codes. */
export async function factorLocked(db: Database, attempt: FactorTry): Promise<HeronryError> {
  const retryAfterMs = Math.max(1, await factorLockedForMs(db, attempt))
  const message = 'Too many wrong codes. Please try again later.'
  return new HeronryError('RateLimitExceeded', message, { retryAfterMs })
}
