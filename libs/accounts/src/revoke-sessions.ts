import type { ActorId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'
import { endOAuthSessions } from './change-oauth-session.ts'
import { clockSkewMaxMs } from './limits.ts'
import { lockActor } from './lock-actor.ts'

/**
 * Ends every session of an actor, those of apps (OAuth) too, and every access token that was issued before: everywhere at once, for whoever verifies a token reads
 * the actor's row.
 *
 * Invariant: a session is opened and rotated under a share lock of this row, and its tokens are dated by then (`issuedAt` in tokens.ts):
 * those that were issued before are older than `sessions_since`, those issued after it are not. Tokens count whole seconds, so it is
 * one: after `now` and the database's clock by as much as the clocks of two machines may differ, and after the one before it, which the
 * tokens since then may bear.
 */
export async function revokeSessions(tx: Transaction, actorId: ActorId, now: Date): Promise<void> {
  await lockActor(tx, actorId)
  const skew = sql`make_interval(secs => ${clockSkewMaxMs / 1000})`
  const second = sql<Date>`date_trunc('second', greatest(${now}::timestamptz, clock_timestamp()) + ${skew}) + interval '1 s'`
  await tx
    .updateTable('actor')
    .set({ sessions_since: sql`greatest(${second}, sessions_since + interval '1 s')` })
    .where('id', '=', actorId)
    .execute()
  await tx.deleteFrom('session').where('actor_id', '=', actorId).execute()
  await endOAuthSessions(tx, actorId)
}
