import { sha256 } from '@heronry/core/cid'
import type { Clock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'
import type { ServiceToken } from './service-token.ts'

/** Uses a token up, for the whole house; of any number that try one does. False: it was used before. */
export async function useServiceToken(db: Database, token: ServiceToken): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('service_token_use')
    .values({ digest: digestOf(token), expires_at: token.expiresAt })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

/**
 * Gives back a token whose use came to nothing: it counts once more. To be called by who used it alone. kill -9 before it → the token stays
 * used up, until it runs out.
 */
export async function returnServiceToken(db: Database, token: ServiceToken): Promise<void> {
  await sql`SELECT return_service_token(${digestOf(token)})`.execute(db)
}

function digestOf({ issuer, mark }: ServiceToken): Uint8Array {
  return sha256(Buffer.from(`${issuer} ${mark}`))
}

/** Forgets tokens that nobody accepts any more. */
export async function purgeServiceTokens(db: Database, { clock }: { clock: Clock }): Promise<void> {
  await db.deleteFrom('service_token_use').where('expires_at', '<', new Date(clock.now())).execute()
}
