import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'
import { factorFailureTtlMs, factorLockSteps, factorNetworkLockSteps } from './limits.ts'

/** Whose code is tried, and from which network. */
export interface FactorTry {
  readonly actorId: ActorId
  /** What a client is counted by: an address, or a /64. */
  readonly network: string
  readonly now: Date
}

/** Under this name stands what was tried from all networks together. */
const anywhere = ''

/**
 * Whether too many wrong codes were tried lately, from that network or from all of them.
 *
 * Invariant: the caller holds the account's lock (`lockLoginToChange`) from here until it has counted what it tries, so that of many at once no
 * more get through than of as many in a row.
 */
export async function isFactorLocked(tx: Transaction, attempt: FactorTry): Promise<boolean> {
  return (await factorLockedForMs(tx, attempt)) > 0
}

/** How long it still is; 0 where it is not. To be told, it needs no lock. */
export async function factorLockedForMs(db: Database, { actorId, network, now }: FactorTry): Promise<number> {
  const rows = await db
    .selectFrom('factor_attempt')
    .select(['network', 'failures', 'failed_at'])
    .where('actor_id', '=', actorId)
    .where('network', 'in', [network, anywhere])
    .execute()
  const left = rows.map((row) => {
    const steps = row.network === anywhere ? factorLockSteps : factorNetworkLockSteps
    const step = steps.findLast(({ failures }) => failures <= row.failures)
    return step === undefined ? 0 : row.failed_at.getTime() + step.lockMs - now.getTime()
  })
  return Math.max(0, ...left)
}

/** It must be committed, whatever becomes of the login. */
export async function countWrongFactor(tx: Transaction, { actorId, network, now }: FactorTry): Promise<void> {
  const forgotten = new Date(now.getTime() - factorFailureTtlMs)
  const row = { actor_id: actorId, failures: 1, failed_at: now }
  await tx
    .insertInto('factor_attempt')
    .values([
      { ...row, network },
      { ...row, network: anywhere },
    ])
    .onConflict((conflict) =>
      conflict.columns(['actor_id', 'network']).doUpdateSet({
        failures: sql<number>`CASE WHEN factor_attempt.failed_at < ${forgotten} THEN 1 ELSE factor_attempt.failures + 1 END`,
        failed_at: now,
      }),
    )
    .execute()
}

/** Whatever was wrong before was its owner's slip; what another network has tried stays counted against that. */
export async function forgetWrongFactors(
  tx: Transaction,
  { actorId, network }: Omit<FactorTry, 'now'>,
): Promise<void> {
  await tx
    .deleteFrom('factor_attempt')
    .where('actor_id', '=', actorId)
    .where('network', 'in', [network, anywhere])
    .execute()
}

/** From whatever network: who has no second factor any more is not kept out by what was tried at it. */
export async function forgetAllWrongFactors(tx: Transaction, actorId: ActorId): Promise<void> {
  await tx.deleteFrom('factor_attempt').where('actor_id', '=', actorId).execute()
}
