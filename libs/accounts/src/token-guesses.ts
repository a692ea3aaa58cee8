import { HeronryError } from '@heronry/core/error'
import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'
import { tokenGuessesMax, tokenGuessWindowMs } from './limits.ts'

interface Guesser {
  readonly communityId: CommunityId
  /** An address, or the network that one subscriber has for himself. */
  readonly network: string
}

/**
 * Counts a try at a token that names no account. Throws `RateLimitExceeded` for a network that has used its tries up: a right token is
 * then of no use from there either, or guessing would go on. Nobody elsewhere is kept from anything.
 *
 * In Postgres, whatever limits a server has besides: 50 bits are enough against so many guesses, not against any number.
 */
export async function countTokenGuess(
  db: Database,
  { communityId, network, now }: Guesser & { now: Date },
): Promise<void> {
  const until = new Date(now.getTime() + tokenGuessWindowMs)
  const row = await db
    .insertInto('token_guess')
    .values({ community_id: communityId, network, guesses: 1, until })
    .onConflict((conflict) =>
      conflict.columns(['community_id', 'network']).doUpdateSet({
        guesses: sql<number>`CASE WHEN token_guess.until <= ${now} THEN 1 ELSE least(token_guess.guesses, ${tokenGuessesMax}) + 1 END`,
        until: sql<Date>`CASE WHEN token_guess.until <= ${now} THEN excluded.until ELSE token_guess.until END`,
      }),
    )
    .returning(['guesses', 'until'])
    .executeTakeFirstOrThrow()
  if (row.guesses <= tokenGuessesMax) return
  const retryAfterMs = row.until.getTime() - now.getTime()
  throw new HeronryError('RateLimitExceeded', 'Rate Limit Exceeded', { retryAfterMs })
}

/** It was no guess. */
export async function forgetTokenGuess(tx: Transaction, { communityId, network }: Guesser): Promise<void> {
  await tx
    .updateTable('token_guess')
    .set((eb) => ({ guesses: eb('guesses', '-', 1) }))
    .where('community_id', '=', communityId)
    .where('network', '=', network)
    .where('guesses', '>', 0)
    .execute()
}
