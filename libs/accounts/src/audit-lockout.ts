import type { Clock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import type { Actor } from './actor.ts'
import { auditMember } from './audit-member.ts'
import { countWrongFactor, type FactorTry, isFactorLocked } from './factor-attempts.ts'
import { findLoginByIdentifier } from './find-login.ts'
import { loginLockSteps } from './limits.ts'

interface FailedLogin {
  readonly name: {
    readonly communityId: Actor['communityId']
    readonly identifier: string
    readonly network: string
  }
  /** With this one. */
  readonly failures: number
}

/**
 * Audits the lock that begins with a failed login: as many rows as locks, for the next attempt is let through when it has ended. A name that is
 * nobody's has none: strangers could fill the log with names that they make up. kill -9 before it → the lock has no row.
 */
export async function auditLoginLock(
  { db, clock }: { db: Database; clock: Clock },
  { name, failures }: FailedLogin,
): Promise<void> {
  if (failures < (loginLockSteps[0]?.failures ?? 0)) return
  const { network } = name
  const actor = (await findLoginByIdentifier(db, name))?.login.actor
  if (actor === undefined) return
  const at = new Date(clock.now())
  const facts = { kind: 'password', failures }
  const act = { event: 'lockedOut', actor, at, network, isMember: false, facts } as const
  await inTransaction(db, { name: 'audit lockout' }, (tx) => auditMember(tx, act))
}

/** Counts a wrong code, and audits the lock that begins with it. The last statement of its transaction, which must be committed. */
export async function wrongFactor(
  tx: Transaction,
  { actor, network, now }: Omit<FactorTry, 'actorId'> & { readonly actor: Actor },
): Promise<void> {
  const attempt = { actorId: actor.id, network, now }
  await countWrongFactor(tx, attempt)
  if (!(await isFactorLocked(tx, attempt))) return
  const facts = { kind: 'factor' }
  await auditMember(tx, { event: 'lockedOut', actor, at: now, network, isMember: false, facts })
}
