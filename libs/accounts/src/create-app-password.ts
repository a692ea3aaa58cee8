import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import type { Actor } from './actor.ts'
import { hashAppPassword, newAppPasswordSecret } from './app-password-secret.ts'
import { type AppPassword, insertAppPassword, listAppPasswords } from './app-password-store.ts'
import { appPasswordNameLengthMax, appPasswordsMax } from './limits.ts'
import { lockActor } from './lock-actor.ts'
import { notifyActor } from './notify.ts'
import { parsePermissions } from './permissions.ts'

export interface AppPasswordRequest {
  readonly actor: Actor
  readonly name: string
  readonly privileged: boolean
  /** OAuth scopes; undefined: not narrowed. */
  readonly permissions?: readonly string[] | undefined
}

/** With its secret, which is told this once: only a hash is kept. */
export interface CreatedAppPassword extends AppPassword {
  readonly secret: string
}

/**
 * A password for one app, which its owner can take away again, and is told of by mail. Throws `AlreadyExists` where the account has one of that name, and
 * `InvalidRequest` for a name without letters or too long, one app password too many, or a permission that is none.
 */
export async function createAppPassword(
  db: Database,
  { actor, name, privileged, permissions }: AppPasswordRequest,
): Promise<CreatedAppPassword> {
  if (name.trim() === '' || name.length > appPasswordNameLengthMax) {
    throw invalid(`The name of an app password has 1 to ${appPasswordNameLengthMax} characters`)
  }
  const scopes = permissions === undefined ? null : parsePermissions(permissions)
  const secret = newAppPasswordSecret()
  const created = await inTransaction(db, { name: 'create app password' }, async (tx) => {
    if (!(await lockActor(tx, actor.id))) throw new HeronryError('AccountNotFound', 'Account not found')
    if ((await listAppPasswords(tx, actor.id)).length >= appPasswordsMax) {
      throw invalid(`An account has at most ${appPasswordsMax} app passwords: revoke one first`)
    }
    const hash = hashAppPassword(actor.did, secret)
    const row = { actorId: actor.id, hash, name, privileged, permissions: scopes }
    const inserted = await insertAppPassword(tx, row)
    if (inserted !== undefined) {
      const at = inserted.createdAt
      await notifyActor(tx, { actorId: actor.id, template: 'app-password-created', values: { name }, at })
    }
    return inserted
  })
  if (created === undefined) {
    throw new HeronryError('AlreadyExists', 'There is an app password of that name already')
  }
  return { ...created, secret }
}

function invalid(message: string): HeronryError {
  return new HeronryError('InvalidRequest', message)
}
