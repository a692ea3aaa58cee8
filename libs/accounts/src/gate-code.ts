import { randomBytes } from 'node:crypto'
import { sha256 } from '@heronry/core/cid'
import type { Clock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import type { Handle } from '@heronry/core/handle'
import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'
import { gateCodeTtlMs } from './limits.ts'

/** Gives out a code for one sign-up at the community: of that handle where one is named. Only its hash is stored. */
export async function issueGateCode(
  { db, clock }: { db: Database; clock: Clock },
  { communityId, handle }: { communityId: CommunityId; handle: Handle | null },
): Promise<string> {
  const code = randomBytes(20).toString('base64url')
  const expires_at = new Date(clock.now() + gateCodeTtlMs)
  await db
    .insertInto('gate_code')
    .values({ code_hash: hashOf(code), community_id: communityId, handle, expires_at })
    .execute()
  return code
}

/**
 * Spends a code, if the sign-up gets through: in the transaction that reserves its names. Of two that show it at once one gets it. Throws
 * `InvalidVerificationCode`.
 */
export async function spendGateCode(
  tx: Transaction,
  { communityId, code, handle }: { communityId: CommunityId; code: string; handle: Handle },
): Promise<void> {
  const row = await tx
    .deleteFrom('gate_code')
    .where('code_hash', '=', hashOf(code))
    .where('community_id', '=', communityId)
    .where((eb) => eb.or([eb('handle', 'is', null), eb('handle', '=', handle)]))
    .where('expires_at', '>', new Date())
    .returning('expires_at')
    .executeTakeFirst()
  if (row === undefined) {
    throw new HeronryError('InvalidVerificationCode', 'The verification code is wrong, used or too old')
  }
}

export async function purgeGateCodes(db: Database, { now }: { now: Date }): Promise<void> {
  await db.deleteFrom('gate_code').where('expires_at', '<=', now).execute()
}

function hashOf(code: string): Uint8Array {
  return sha256(Buffer.from(code))
}
