import { type DatetimeString, toDatetimeString } from '@atproto/syntax'
import type { Did } from '@heronry/core/did'
import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'

/** com.atproto.server.defs#inviteCode */
export interface InviteView {
  readonly code: string
  /** Uses altogether. */
  readonly available: number
  readonly disabled: boolean
  readonly forAccount: string
  readonly createdBy: string
  readonly createdAt: DatetimeString
  readonly uses: { usedBy: Did; usedAt: DatetimeString }[]
}

interface Whose {
  communityId: CommunityId
  did: Did
}

/** The codes that were made for the account, the oldest first. */
export async function invitesFor(db: Database, { communityId, did }: Whose): Promise<InviteView[]> {
  return await inviteViews(db, await invites(db, communityId).where('for_account', '=', did).execute())
}

export const inviteColumns = [
  'invite_code.code',
  'invite_code.available_uses',
  'invite_code.disabled',
  'invite_code.for_account',
  'invite_code.created_by',
  'invite_code.created_at',
] as const

export interface InviteRow {
  code: string
  available_uses: number
  disabled: boolean
  for_account: string
  created_by: string
  created_at: Date
}

/** Codes of the community, to be narrowed down for `inviteViews`. */
export function invites(db: Database, communityId: CommunityId) {
  return db
    .selectFrom('invite_code')
    .select(inviteColumns)
    .where('community_id', '=', communityId)
    .orderBy('created_at')
    .orderBy('code')
}

/** The codes with who has used them, in the order that they come in. */
export async function inviteViews(db: Database, rows: readonly InviteRow[]): Promise<InviteView[]> {
  if (rows.length === 0) return []
  const codes = rows.map(({ code }) => code)
  const uses = await db
    .selectFrom('invite_use')
    .select(['code', 'did', 'used_at'])
    .where((eb) => eb('code', '=', eb.fn.any(eb.val(codes))))
    .orderBy('used_at')
    .orderBy('did')
    .execute()
  const usesOf = Map.groupBy(uses, ({ code }) => code)
  return rows.map((row) => ({
    code: row.code,
    available: row.available_uses,
    disabled: row.disabled,
    forAccount: row.for_account,
    createdBy: row.created_by,
    createdAt: toDatetimeString(row.created_at),
    uses: (usesOf.get(row.code) ?? []).map(({ did, used_at }) => ({
      usedBy: did as Did,
      usedAt: toDatetimeString(used_at),
    })),
  }))
}
