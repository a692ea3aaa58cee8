import { HeronryError } from '@heronry/core/error'
import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'
import { type AccountView, accountRows, viewsOf } from './account-view.ts'
import { emailLengthMax } from './limits.ts'

export interface AccountSearch {
  readonly communityId: CommunityId
  /** What an address begins with, in any case; unless given, all accounts are found. */
  readonly email?: string | undefined
  readonly cursor?: string | undefined
  readonly limit: number
}

/**
 * The community's accounts in the order of their addresses, which are unique in it. Throws `InvalidRequest` for a cursor that is none. Each
 * page is a range of the index `account_email`.
 */
export async function searchAccounts(
  db: Database,
  { communityId, email = '', cursor, limit }: AccountSearch,
): Promise<{ accounts: AccountView[]; cursor: string | undefined }> {
  const address = sql<string>`lower(account.email)`
  const prefix = email.toLowerCase()
  let query = accountRows(db, communityId)
    .where('account.community_id', '=', communityId)
    .where(address, '>=', prefix)
    .where(address, '<=', `${prefix}\u{10ffff}`)
  if (cursor !== undefined) query = query.where(address, '>', addressOf(cursor))
  const rows = await query.orderBy(address).limit(limit).execute()
  const last = rows.length === limit ? rows.at(-1)?.email : undefined
  return {
    accounts: await viewsOf(db, communityId, rows),
    cursor: last ? Buffer.from(last.toLowerCase()).toString('base64url') : undefined,
  }
}

function addressOf(cursor: string): string {
  const address = Buffer.from(cursor, 'base64url').toString()
  const isAddress = address.length <= emailLengthMax && /^[^\s\0\ufffd]+@[^\s\0\ufffd]+$/.test(address)
  if (!isAddress) throw new HeronryError('InvalidRequest', 'Malformed cursor')
  return address
}
