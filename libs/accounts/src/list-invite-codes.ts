import { HeronryError } from '@heronry/core/error'
import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inviteCursor, parseInviteCursor } from './invite-cursor.ts'
import { type InviteRow, type InviteView, inviteColumns, inviteViews } from './invite-view.ts'

export interface InvitePageRequest {
  readonly communityId: CommunityId
  /** `recent` or `usage`: the newest or the most used first. */
  readonly sort: string
  readonly limit: number
  readonly after?: string | undefined
}

export interface InvitePage {
  readonly codes: InviteView[]
  /** Undefined where the page is not full. */
  readonly cursor: string | undefined
}

/** All codes of a community. Throws `InvalidRequest` for another order and for a malformed cursor. */
export async function listInviteCodes(db: Database, request: InvitePageRequest): Promise<InvitePage> {
  const { sort, limit } = request
  if (sort !== 'recent' && sort !== 'usage') {
    throw new HeronryError('InvalidRequest', `unknown sort method: ${sort}`)
  }
  const rows = await (sort === 'recent' ? recent : usage)(db, request)
  const last = rows.length === limit ? rows.at(-1) : undefined
  return { codes: await inviteViews(db, rows), cursor: last && inviteCursor(last.position, last.code) }
}

type Positioned = InviteRow & { position: number }

/** Reads one page of invite_code_page backwards. */
async function recent(db: Database, { communityId, limit, after }: InvitePageRequest): Promise<Positioned[]> {
  let query = db.selectFrom('invite_code').select(inviteColumns).where('community_id', '=', communityId)
  if (after !== undefined) {
    const { position, code } = parseInviteCursor(after)
    const before = new Date(position)
    query = query.where((eb) => eb(eb.refTuple('created_at', 'code'), '<', eb.tuple(before, code)))
  }
  const rows = await query.orderBy('created_at', 'desc').orderBy('code', 'desc').limit(limit).execute()
  return rows.map((row) => ({ ...row, position: row.created_at.getTime() }))
}

/** Counts the uses of all codes for each page: an administrator's question, not a client's. */
async function usage(db: Database, { communityId, limit, after }: InvitePageRequest): Promise<Positioned[]> {
  let query = db
    .selectFrom((eb) =>
      eb
        .selectFrom('invite_code')
        .leftJoin('invite_use', 'invite_use.code', 'invite_code.code')
        .select(inviteColumns)
        .select((inner) => inner.fn.count<bigint>('invite_use.did').as('position'))
        .where('community_id', '=', communityId)
        .groupBy('invite_code.code')
        .as('used'),
    )
    .select(['code', 'available_uses', 'disabled', 'for_account', 'created_by', 'created_at', 'position'])
  if (after !== undefined) {
    const { position, code } = parseInviteCursor(after)
    query = query.where((eb) => eb(eb.refTuple('position', 'code'), '<', eb.tuple(BigInt(position), code)))
  }
  const rows = await query.orderBy('position', 'desc').orderBy('code', 'desc').limit(limit).execute()
  return rows.map((row) => ({ ...row, position: Number(row.position) }))
}
