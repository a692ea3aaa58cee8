import type { Actor } from '@heronry/accounts/actor'
import { HeronryError } from '@heronry/core/error'

/** A session writes its own account's repo only. Throws `AuthenticationRequired` where `repo` names another, or nobody. */
export function assertOwnRepo(actor: Actor, repo: string): void {
  if (repo !== actor.did && repo.toLowerCase() !== actor.handle) {
    throw new HeronryError('AuthenticationRequired', 'Invalid repo: a session writes to its own account only')
  }
}
