import type { Clock } from '@heronry/core/clock'
import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import type { ActorId, CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'
import { lockRepo } from '@heronry/repo/lock-repo'
import { type ActorStatus, actorStatus } from './actor-status.ts'
import { changeStatus, type StatusChange } from './set-status.ts'

/** All that is said of an account at once, of which `status` is what counts. */
export interface AccountState {
  readonly id: ActorId
  readonly status: ActorStatus
  readonly takedownRef: string | null
  readonly suspendedUntil: Date | null
  readonly deactivatedAt: Date | null
}

interface Whose {
  readonly communityId: CommunityId
  readonly did: Did
}

/** Undefined where the community has no such account. */
export async function findAccountState(
  db: Database,
  { communityId, did }: Whose,
): Promise<AccountState | undefined> {
  const row = await db
    .selectFrom('actor')
    .select(['id', 'takedown_ref', 'suspended_until', 'deactivated_at'])
    .where('community_id', '=', communityId)
    .where('did', '=', did)
    .executeTakeFirst()
  return (
    row && {
      id: row.id as ActorId,
      status: actorStatus(row),
      takedownRef: row.takedown_ref,
      suspendedUntil: row.suspended_until,
      deactivatedAt: row.deactivated_at,
    }
  )
}

/** `changeStatus`, with what was before and is now. Throws `NotFound`, and whatever `check` does of what was. */
export async function moderateAccount(
  tx: Transaction,
  { clock }: { clock: Clock },
  moderation: Whose & { readonly change: StatusChange; readonly check?: (before: AccountState) => void },
): Promise<{ before: AccountState; after: AccountState }> {
  const { change, check } = moderation
  const { id } = found(await findAccountState(tx, moderation))
  // Two who moderate at once come one after the other, and each is told what it has changed.
  await lockRepo(tx, id)
  const before = found(await findAccountState(tx, moderation))
  check?.(before)
  await changeStatus(tx, { clock }, { actorId: id, change })
  return { before, after: found(await findAccountState(tx, moderation)) }
}

function found(state: AccountState | undefined): AccountState {
  if (state === undefined) throw new HeronryError('NotFound', 'Account not found')
  return state
}
