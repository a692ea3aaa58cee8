import { isHeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import type { StoredLogin } from './find-login.ts'
import { isCurrentHash } from './password-hash.ts'
import type { Passwords } from './passwords.ts'

/**
 * Gives a password that was right a hash of today's kind, where its own is the reference's or of a lower cost. A password that was changed
 * meanwhile stays. Where too many are being hashed, the next login does it.
 */
export async function upgradePassword(
  { db, passwords }: { db: Database; passwords: Passwords },
  { found, password }: { found: StoredLogin; password: string },
): Promise<void> {
  if (isCurrentHash(found.passwordHash)) return
  const hash = await passwords.hash(password).catch((error: unknown) => {
    if (isHeronryError(error, 'ServiceUnavailable')) return undefined
    throw error
  })
  if (hash === undefined) return
  await db
    .updateTable('account')
    .set({ password: hash })
    .where('actor_id', '=', found.login.actor.id)
    .where('password', '=', found.passwordHash)
    .execute()
}
