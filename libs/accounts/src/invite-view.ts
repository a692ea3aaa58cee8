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

/** Codes of the community, to be narrowed down for `inviteViews`. */
export function invites(db: Database, communityId: CommunityId) {
  return db
    .selectFrom('invite_code')
    .select(['code', 'available_uses', 'disabled', 'for_account', 'created_by', 'created_at'])
    .where('community_id', '=', communityId)
    .orderBy('created_at')
    .orderBy('code')
}

export async function inviteViews(db: Database, query: ReturnType<typeof invites>): Promise<InviteView[]> {
  const rows = await query.execute()
  if (rows.length === 0) return []
  const codes = rows.map(({ code }) => code)
  const uses = await db
    .selectFrom('invite_use')
    .select(['code', 'did', 'used_at'])
    .where('code', 'in', codes)
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
