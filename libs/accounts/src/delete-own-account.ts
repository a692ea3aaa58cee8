import type { Community } from '@heronry/communities/community'
import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { lockRepo } from '@heronry/repo/lock-repo'
import { type DeleteDeps, deleteActor } from './delete-account.ts'
import { emailPurposes, spendEmailToken, type TokenVerdict } from './email-token.ts'
import { findLoginByIdentifier, type StoredLogin } from './find-login.ts'
import { loginPasswordLengthMax } from './limits.ts'
import { type BegunLogin, countedLogin, loginSucceeded } from './login-attempts.ts'
import type { Passwords } from './passwords.ts'
import { tokenRefusals } from './token-refusals.ts'

export interface DeleteOwnDeps extends DeleteDeps {
  db: Database
  passwords: Passwords
}

export interface OwnDeletion {
  community: Community
  did: string
  password: string
  /** As it was mailed (com.atproto.server.requestAccountDelete). */
  token: string
  /** Where it comes from: wrong passwords count as failed logins, or they could be guessed at here. */
  network: string
}

/**
 * Deletes an account for whoever has its password and reads its mail, whatever its state.
 *
 * Throws `InvalidRequest` for a DID that the community does not host, `AuthenticationRequired` for a wrong password, `InvalidToken` (wrong,
 * spent, or tried too often), `ExpiredToken`, and `RateLimitExceeded` after too many failed logins. kill -9 → nothing has happened, a wrong
 * attempt at the token that was counted aside.
 */
export async function deleteOwnAccount(deps: DeleteOwnDeps, deletion: OwnDeletion): Promise<void> {
  const { community, did, password, network } = deletion
  if (password.length > loginPasswordLengthMax) throw wrongPassword()
  const found = await findByDid(deps.db, deletion)
  if (found === undefined) throw new HeronryError('InvalidRequest', 'account not found')
  const name = { communityId: community.id, identifier: did, network }
  const verdict = await countedLogin(deps, name, async (begun) => {
    if (!(await deps.passwords.verify(password, found.passwordHash))) throw wrongPassword()
    return await inTransaction(deps.db, { name: 'delete own account' }, (tx) =>
      spendAndDelete(tx, deps, { found, deletion, begun }),
    )
  })
  if (verdict !== 'right') throw tokenRefusals[verdict]()
}

/** A wrong attempt commits, or it would not count. The repo's row comes first, as in every deletion. */
async function spendAndDelete(
  tx: Transaction,
  deps: DeleteOwnDeps,
  { found, deletion, begun }: { found: StoredLogin; deletion: OwnDeletion; begun: BegunLogin },
): Promise<TokenVerdict> {
  const { id: actorId } = found.login.actor
  await lockRepo(tx, actorId)
  const verdict = await spendEmailToken(tx, {
    actorId,
    purpose: emailPurposes.deleteAccount,
    now: new Date(deps.clock.now()),
    token: deletion.token,
  })
  await loginSucceeded(tx, begun)
  if (verdict !== 'right') return verdict
  const stored = await findByDid(tx, deletion)
  if (stored?.passwordHash !== found.passwordHash) throw wrongPassword()
  await deleteActor(tx, deps, actorId)
  return verdict
}

async function findByDid(db: Database, { community, did }: OwnDeletion): Promise<StoredLogin | undefined> {
  if (!did.startsWith('did:')) return undefined
  return await findLoginByIdentifier(db, { communityId: community.id, identifier: did })
}

function wrongPassword(): HeronryError {
  return new HeronryError('AuthenticationRequired', 'Invalid did or password')
}
