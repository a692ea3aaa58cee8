import type { Database } from '@heronry/db/database'
import type { Actor } from './actor.ts'
import { hashAppPassword, isAppPasswordSecret, referenceSalt } from './app-password-secret.ts'
import { type AppPassword, findAppPasswordHashes, replaceAppPasswordHash } from './app-password-store.ts'
import type { Passwords } from './passwords.ts'

/**
 * The app password that a password is, if it is one of the actor's. One that came with the reference's scrypt hash costs one such hash, how
 * many there may be, and gets a hash of ours.
 */
export async function matchAppPassword(
  { db, passwords }: { db: Database; passwords: Passwords },
  { actor, password }: { actor: Actor; password: string },
): Promise<AppPassword | undefined> {
  if (!isAppPasswordSecret(password)) return undefined
  const stored = await findAppPasswordHashes(db, actor.id)
  const hash = hashAppPassword(actor.did, password)
  const own = stored.find((it) => it.hash === hash)
  if (own !== undefined) return own
  const salt = referenceSalt(actor.did)
  if (!stored.some((it) => it.hash.startsWith(`${salt}:`))) return undefined
  const was = await passwords.scrypt(password, salt)
  const imported = stored.find((it) => it.hash === was)
  if (imported !== undefined) await replaceAppPasswordHash(db, { id: imported.id, was, hash })
  return imported
}
