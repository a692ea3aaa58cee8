import { hash } from 'node:crypto'
import type { Clock } from '@heronry/core/clock'
import { HeronryError, isHeronryError } from '@heronry/core/error'
import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'
import { type RawBuilder, sql } from 'kysely'
import { auditLoginLock } from './audit-lockout.ts'
import { loginFailuresSwept, loginFailureTtlMs, loginLockSteps } from './limits.ts'

/** Who is named, as it is written, and from which network: somebody else's failures lock nobody out. */
export interface LoginName {
  readonly communityId: CommunityId
  readonly identifier: string
  /** What a client is counted by: an address, or a /64. */
  readonly network: string
}

/** A login that has begun, and counts as failed until something else is said. */
export interface BegunLogin {
  readonly key: Uint8Array
  /** That are counted, this one included. */
  readonly failures: number
}

/**
 * Does what takes an account's password, a login or a deletion, and counts it where it throws `AuthenticationRequired` or `InvalidToken`. What else it throws
 * is no failure; where it went well it has said so itself (`loginSucceeded`). Throws what `beginLogin` throws.
 */
export async function countedLogin<T>(
  deps: { db: Database; clock: Clock },
  name: LoginName,
  attempt: (begun: BegunLogin) => Promise<T>,
): Promise<T> {
  const begun = await beginLogin(deps.db, name, new Date(deps.clock.now()))
  try {
    return await attempt(begun)
  } catch (error) {
    // A wrong code of a second factor, too: for who has stolen a password, guessing is not free again.
    const isWrong = isHeronryError(error, 'AuthenticationRequired') || isHeronryError(error, 'InvalidToken')
    if (isWrong) await wrongLogin(deps, { name, begun })
    else await loginNotTried(deps.db, begun)
    throw error
  }
}

/**
 * Begins a login. Throws `RateLimitExceeded` where too many have failed, whether there is such an account or not, and before its password
 * is looked at. An attempt is counted as failed before it is made, so that of many at once no more get through than of as many in a row.
 *
 * kill -9 during an attempt → it counts as failed.
 */
export async function beginLogin(db: Database, name: LoginName, now: Date): Promise<BegunLogin> {
  const key = keyOf(name)
  const { rows } = await sql<{ failures: number }>`
    INSERT INTO login_attempt (key, failures, failed_at) VALUES (${key}, 1, ${now})
    ON CONFLICT (key) DO UPDATE SET
      failures = CASE WHEN login_attempt.failed_at < ${forgotten(now)} THEN 1 ELSE login_attempt.failures + 1 END,
      failed_at = greatest(login_attempt.failed_at, ${now}::timestamptz)
    WHERE login_attempt.failures < ${loginLockSteps[0]?.failures} OR login_attempt.failed_at + ${lockOf(sql`login_attempt.failures`)} <= ${now}
    RETURNING failures`.execute(db)
  const [counted] = rows
  if (counted !== undefined) return { key, failures: counted.failures }
  const message = 'Too many failed logins by this name from your network. Please try again later.'
  const retryAfterMs = await lockedForMs(db, { key, now })
  throw new HeronryError('RateLimitExceeded', message, { retryAfterMs })
}

/** At least 1: the row may have gone since. */
async function lockedForMs(db: Database, { key, now }: { key: Uint8Array; now: Date }): Promise<number> {
  const { rows } = await sql<{ until: Date }>`
    SELECT failed_at + ${lockOf(sql`login_attempt.failures`)} AS until FROM login_attempt WHERE key = ${key}`.execute(
    db,
  )
  return Math.max(1, (rows[0]?.until.getTime() ?? 0) - now.getTime())
}

/** It was right: whatever failed before was its owner's slip. */
export async function loginSucceeded(tx: Transaction, { key }: BegunLogin): Promise<void> {
  await tx.deleteFrom('login_attempt').where('key', '=', Buffer.from(key)).execute()
}

/** It was neither right nor wrong. */
export async function loginNotTried(db: Database, { key }: BegunLogin): Promise<void> {
  await db
    .updateTable('login_attempt')
    .set({ failures: sql`greatest(failures - 1, 0)` })
    .where('key', '=', Buffer.from(key))
    .execute()
}

/** As `loginFailed`; a lock that begins with it is audited. */
export async function wrongLogin(
  deps: { db: Database; clock: Clock },
  { name, begun }: { name: LoginName; begun: BegunLogin },
): Promise<void> {
  await loginFailed(deps.db, new Date(deps.clock.now()))
  await auditLoginLock(deps, { name, failures: begun.failures })
}

/** It was wrong; a few of those that are forgotten are taken away. */
export async function loginFailed(db: Database, now: Date): Promise<void> {
  await sql`
    DELETE FROM login_attempt WHERE key = ANY (ARRAY(
      SELECT key FROM login_attempt WHERE failed_at < ${forgotten(now)} ORDER BY failed_at
      LIMIT ${sql.lit(loginFailuresSwept)} FOR UPDATE SKIP LOCKED))`.execute(db)
}

/** Of a fixed length, whatever is sent for a name. */
function keyOf({ communityId, identifier, network }: LoginName): Buffer {
  return hash('sha256', `${communityId} ${network} ${identifier.toLowerCase()}`, 'buffer')
}

function forgotten(now: Date): Date {
  return new Date(now.getTime() - loginFailureTtlMs)
}

function lockOf(failures: RawBuilder<unknown>): RawBuilder<unknown> {
  const counts = loginLockSteps.map((step) => step.failures)
  const seconds = loginLockSteps.map((step) => step.lockMs / 1000)
  return sql`make_interval(secs => coalesce((
    SELECT max(step.seconds) FROM unnest(${counts}::int[], ${seconds}::float8[]) AS step (failures, seconds)
    WHERE step.failures <= ${failures}), 0))`
}
