import type { Community } from '@heronry/communities/community'
import type { Clock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import type { Actor } from './actor.ts'
import { inviteCode } from './create-invite-codes.ts'
import { codesToEarn } from './earned-invite-codes.ts'
import { type InviteView, invitesFor } from './invite-view.ts'

export interface InviteCodesRequest {
  readonly community: Community
  readonly actor: Actor
  /** Also those that have no use left. */
  readonly includeUsed: boolean
  /** Make those first that the account has earned. */
  readonly createAvailable: boolean
}

interface InviteCodesDeps {
  db: Database
  clock: Clock
}

/**
 * The account's codes that are not disabled. Where the community asks for invites and has an interval, each account earns a code of one use
 * in each: those that it has not taken yet are made here.
 *
 * Throws `NotFound` for an actor without an account, and `DuplicateCreate` for the second of two that earn at once: no code is earned
 * twice.
 */
export async function accountInviteCodes(
  deps: InviteCodesDeps,
  request: InviteCodesRequest,
): Promise<InviteView[]> {
  const { community, actor, includeUsed, createAvailable } = request
  if (!(await hasAccount(deps.db, actor.id))) throw noAccount()
  const whose = { communityId: community.id, did: actor.did }
  const before = await invitesFor(deps.db, whose)
  const isMore = createAvailable && (await earnCodes(deps, { community, actor, codes: before }))
  const codes = isMore ? await invitesFor(deps.db, whose) : before
  return codes.filter((code) => !code.disabled && (includeUsed || !isUsedUp(code)))
}

function noAccount(): HeronryError {
  return new HeronryError('NotFound', 'Account not found')
}

async function hasAccount(db: Database, actorId: ActorId): Promise<boolean> {
  const account = db.selectFrom('account').select('actor_id').where('actor_id', '=', actorId)
  return (await account.executeTakeFirst()) !== undefined
}

/** Whether there are more than before. */
async function earnCodes(
  { db, clock }: InviteCodesDeps,
  { community, actor, codes }: { community: Community; actor: Actor; codes: readonly InviteView[] },
): Promise<boolean> {
  const { inviteRequired, inviteIntervalMs, inviteEpochMs = 0 } = community.settings
  if (!inviteRequired || inviteIntervalMs === undefined) return false
  const now = clock.now()
  const earned = codes.filter(({ createdBy }) => createdBy !== 'admin')
  const due = codesToEarn({
    now,
    accountCreatedAt: actor.createdAt.getTime(),
    intervalMs: inviteIntervalMs,
    epochMs: inviteEpochMs,
    earned: earned.map((code) => ({
      createdAt: new Date(code.createdAt),
      disabled: code.disabled,
      isUsedUp: isUsedUp(code),
    })),
  })
  if (due === 0) return false
  await insertEarned(db, { community, actor, count: due, expected: earned.length + due, now: new Date(now) })
  return true
}

interface Earned {
  community: Community
  actor: Actor
  count: number
  /** Codes that the account has earned in all, these included. */
  expected: number
  now: Date
}

/** Under the account's row lock: who comes second counts what the first has made. */
async function insertEarned(db: Database, { community, actor, count, expected, now }: Earned): Promise<void> {
  const { id: communityId } = community
  await inTransaction(db, { name: 'earn invite codes' }, async (tx) => {
    const account = await tx
      .selectFrom('account')
      .select('invites_disabled')
      .where('actor_id', '=', actor.id)
      .forNoKeyUpdate()
      .executeTakeFirst()
    if (account === undefined) throw noAccount()
    const { invites_disabled: disabled } = account
    const shared = { community_id: communityId, available_uses: 1, disabled, created_at: now }
    const rows = Array.from({ length: count }, () => ({
      ...shared,
      code: inviteCode(community),
      for_account: actor.did,
      created_by: actor.did,
    }))
    await tx.insertInto('invite_code').values(rows).execute()
    const { total } = await tx
      .selectFrom('invite_code')
      .select((eb) => eb.fn.countAll<number>().as('total'))
      .where('community_id', '=', communityId)
      .where('for_account', '=', actor.did)
      .where('created_by', '!=', 'admin')
      .executeTakeFirstOrThrow()
    if (Number(total) > expected) {
      throw new HeronryError('DuplicateCreate', 'attempted to create additional codes in another request')
    }
  })
}

function isUsedUp({ available, uses }: InviteView): boolean {
  return uses.length >= available
}
