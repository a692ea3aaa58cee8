import { type DatetimeString, toDatetimeString } from '@atproto/syntax'
import type { Did } from '@heronry/core/did'
import { type Handle, invalidHandle } from '@heronry/core/handle'
import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { type InviteView, invitesFor, inviteUsedBy } from './invite-view.ts'

/** com.atproto.admin.defs#accountView */
export interface AccountView {
  readonly did: Did
  readonly handle: Handle
  readonly email?: string
  readonly indexedAt: DatetimeString
  readonly emailConfirmedAt?: DatetimeString
  readonly invitedBy?: InviteView
  readonly invites: InviteView[]
  readonly invitesDisabled: boolean
  readonly deactivatedAt?: DatetimeString
}

/** What an administrator of the community may know of an account of it. */
export async function findAccountView(
  db: Database,
  { communityId, did }: { communityId: CommunityId; did: Did },
): Promise<AccountView | undefined> {
  const row = await db
    .selectFrom('actor')
    .leftJoin('account', 'account.actor_id', 'actor.id')
    .select([
      'actor.handle',
      'actor.created_at',
      'actor.deactivated_at',
      'account.email',
      'account.email_confirmed_at',
      'account.invites_disabled',
    ])
    .where('actor.community_id', '=', communityId)
    .where('actor.did', '=', did)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const whose = { communityId, did }
  const [invitedBy, invites] = await Promise.all([inviteUsedBy(db, whose), invitesFor(db, whose)])
  return {
    did,
    handle: (row.handle as Handle | null) ?? invalidHandle,
    ...(row.email !== null && { email: row.email }),
    indexedAt: toDatetimeString(row.created_at),
    ...(row.email_confirmed_at !== null && { emailConfirmedAt: toDatetimeString(row.email_confirmed_at) }),
    ...(invitedBy !== undefined && { invitedBy }),
    invites,
    invitesDisabled: row.invites_disabled ?? false,
    ...(row.deactivated_at !== null && { deactivatedAt: toDatetimeString(row.deactivated_at) }),
  }
}
