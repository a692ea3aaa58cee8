import { sha256 } from '@heronry/core/cid'
import type { Clock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import type { ServiceToken } from './service-token.ts'

/** Uses a token up, for the whole house; of any number that try one does. False: it was used before. */
export async function useServiceToken(db: Database, token: ServiceToken): Promise<boolean> {
  const { issuer, mark, expiresAt } = token
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('service_token_use')
    .values({ digest: sha256(Buffer.from(`${issuer} ${mark}`)), expires_at: expiresAt })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

/** Forgets tokens that nobody accepts any more. */
export async function purgeServiceTokens(db: Database, { clock }: { clock: Clock }): Promise<void> {
  await db.deleteFrom('service_token_use').where('expires_at', '<', new Date(clock.now())).execute()
}
