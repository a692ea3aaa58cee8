import { sha256 } from '@heronry/core/cid'
import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'
import { mailSuppressionMs } from './limits.ts'

interface MailAddress {
  readonly communityId: CommunityId
  readonly address: string
}

/** Keeps that an address takes no mail of the community: who goes on writing to it is soon heard nowhere. Of the address a hash is kept. */
export async function suppressMail(
  db: Database,
  { code, ...where }: MailAddress & { readonly code: number },
): Promise<void> {
  await db
    .insertInto('mail_suppression')
    .values({ ...row(where), code })
    .onConflict((conflict) =>
      conflict.columns(['community_id', 'address']).doUpdateSet({ code, at: sql<Date>`now()` }),
    )
    .execute()
}

/** With what the address was refused, and when; undefined where nothing is known, or it is too long ago to count. */
export async function findMailSuppression(
  db: Database,
  where: MailAddress,
): Promise<{ code: number; at: Date } | undefined> {
  const { community_id, address } = row(where)
  return await db
    .selectFrom('mail_suppression')
    .select(['code', 'at'])
    .where('community_id', '=', community_id)
    .where('address', '=', address)
    .where('at', '>', sql<Date>`now() - ${mailSuppressionMs} * interval '1 ms'`)
    .executeTakeFirst()
}

/** Mail goes to the address again. False where nothing kept it back. */
export async function liftMailSuppression(tx: Transaction, where: MailAddress): Promise<boolean> {
  const { community_id, address } = row(where)
  const { numDeletedRows } = await tx
    .deleteFrom('mail_suppression')
    .where('community_id', '=', community_id)
    .where('address', '=', address)
    .executeTakeFirstOrThrow()
  return numDeletedRows > 0n
}

function row({ communityId, address }: MailAddress) {
  return { community_id: communityId, address: Buffer.from(sha256(Buffer.from(address.toLowerCase()))) }
}
