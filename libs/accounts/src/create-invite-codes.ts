import { randomInt } from 'node:crypto'
import type { Community } from '@heronry/communities/community'
import { isDid } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import { inviteCodesPerCallMax, inviteUsesMax } from './limits.ts'

export interface InviteOrder {
  community: Community
  /** Codes for each account. */
  codeCount: number
  /** Uses of each code. */
  useCount: number
  /** DIDs, or `admin`. */
  forAccounts: readonly string[]
}

export interface InviteCodes {
  readonly codes: { account: string; codes: string[] }[]
}

/** Makes invite codes of one community, for its administrator. Throws `InvalidRequest` for an order without measure. */
export async function createInviteCodes(db: Database, order: InviteOrder): Promise<InviteCodes> {
  const { community, codeCount, useCount, forAccounts } = order
  assertMeasure(order)
  const codes = forAccounts.map((account) => ({
    account,
    codes: Array.from({ length: codeCount }, () => inviteCode(community)),
  }))
  const rows = codes.flatMap(({ account, codes }) =>
    codes.map((code) => ({
      code,
      community_id: community.id,
      available_uses: useCount,
      for_account: account,
      created_by: 'admin',
    })),
  )
  if (rows.length > 0) await db.insertInto('invite_code').values(rows).execute()
  return { codes }
}

function assertMeasure({ codeCount, useCount, forAccounts }: InviteOrder): void {
  if (codeCount < 0 || codeCount * forAccounts.length > inviteCodesPerCallMax) {
    throw new HeronryError('InvalidRequest', `From 0 to ${inviteCodesPerCallMax} codes can be made at once`)
  }
  if (useCount < 0 || useCount > inviteUsesMax) {
    throw new HeronryError('InvalidRequest', `A code can have 0 to ${inviteUsesMax} uses`)
  }
  if (forAccounts.some((account) => account !== 'admin' && !isDid(account))) {
    throw new HeronryError('InvalidRequest', 'An account is named by its DID')
  }
}

/** `<hostname>-xxxxx-xxxxx`: 50 random bits; tools know it by this form. */
export function inviteCode({ hostname }: Community): string {
  return `${hostname.replaceAll('.', '-')}-${letters(5)}-${letters(5)}`
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

function letters(length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
}
