import { type DatetimeString, toDatetimeString } from '@atproto/syntax'
import type { Did } from '@heronry/core/did'
import { type Handle, invalidHandle } from '@heronry/core/handle'
import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'
import { type InviteView, invites, inviteViews } from './invite-view.ts'

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
  const [view] = await findAccountViews(db, { communityId, dids: [did] })
  return view
}

/** Of each of the DIDs that the community hosts, in the order in which they are asked for, and each once. */
export async function findAccountViews(
  db: Database,
  { communityId, dids }: { communityId: CommunityId; dids: readonly Did[] },
): Promise<AccountView[]> {
  const rows = await accountRows(db, communityId)
    .where(sql<boolean>`actor.did = ANY (${dids}::text[])`)
    .execute()
  const views = await viewsOf(db, communityId, rows)
  const byDid = new Map(views.map((view) => [view.did, view]))
  return [...new Set(dids)].flatMap((did) => byDid.get(did) ?? [])
}

/** To be narrowed down, for `viewsOf`. Hosted without an account of its own: its columns are null. */
export function accountRows(db: Database, communityId: CommunityId) {
  return db
    .selectFrom('actor')
    .leftJoin('account', 'account.actor_id', 'actor.id')
    .select([
      'actor.did',
      'actor.handle',
      'actor.created_at',
      'actor.deactivated_at',
      'account.email',
      'account.email_confirmed_at',
      'account.invites_disabled',
    ])
    .where('actor.community_id', '=', communityId)
}

export type AccountRow = Awaited<ReturnType<ReturnType<typeof accountRows>['execute']>>[number]

/** In the order of the rows; three queries, however many there are. */
export async function viewsOf(
  db: Database,
  communityId: CommunityId,
  rows: readonly AccountRow[],
): Promise<AccountView[]> {
  if (rows.length === 0) return []
  const dids = rows.map(({ did }) => did)
  const codesOf = invites(db, communityId)
  const [made, used] = await Promise.all([
    codesOf.where(sql<boolean>`for_account = ANY (${dids}::text[])`).execute(),
    codesOf
      .where(sql<boolean>`code IN (SELECT code FROM invite_use WHERE did = ANY (${dids}::text[]))`)
      .execute(),
  ])
  const views = await inviteViews(db, [...made, ...used])
  const madeFor = Map.groupBy(views.slice(0, made.length), ({ forAccount }) => forAccount)
  const usedBy = new Map(
    views.slice(made.length).flatMap((invite) => invite.uses.map(({ usedBy }) => [usedBy as string, invite])),
  )
  return rows.map((row) =>
    viewOf(row, { invites: madeFor.get(row.did) ?? [], invitedBy: usedBy.get(row.did) }),
  )
}

function viewOf(
  row: AccountRow,
  { invites, invitedBy }: { invites: InviteView[]; invitedBy: InviteView | undefined },
): AccountView {
  return {
    did: row.did as Did,
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
