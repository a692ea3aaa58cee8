import { sha256 } from '@heronry/core/cid'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'
import { newAppPasswordSecret } from './app-password-secret.ts'
import { recoveryCodesCount } from './limits.ts'

const pattern = /^[a-z2-7]{16}$/

/** Whether it may be a recovery code, however it is typed. */
export function isRecoveryCode(text: string): boolean {
  return pattern.test(normal(text))
}

/** Gives the account new codes, in place of those before. They are told this once: only hashes are kept. */
export async function replaceRecoveryCodes(tx: Transaction, actorId: ActorId): Promise<string[]> {
  await deleteRecoveryCodes(tx, actorId)
  const codes = Array.from({ length: recoveryCodesCount }, newAppPasswordSecret)
  const rows = codes.map((code) => ({ actor_id: actorId, hash: hashOf(actorId, code) }))
  await tx.insertInto('recovery_code').values(rows).execute()
  return codes
}

/** Of two that show a code at once, the second finds it gone. */
export async function spendRecoveryCode(
  tx: Transaction,
  { actorId, code }: { actorId: ActorId; code: string },
): Promise<boolean> {
  const spent = await tx
    .deleteFrom('recovery_code')
    .where('actor_id', '=', actorId)
    .where('hash', '=', hashOf(actorId, code))
    .returning('actor_id')
    .executeTakeFirst()
  return spent !== undefined
}

export async function countRecoveryCodes(db: Database, actorId: ActorId): Promise<number> {
  const { count } = await db
    .selectFrom('recovery_code')
    .select((eb) => eb.fn.countAll<bigint>().as('count'))
    .where('actor_id', '=', actorId)
    .executeTakeFirstOrThrow()
  return Number(count)
}

export async function deleteRecoveryCodes(tx: Transaction, actorId: ActorId): Promise<void> {
  await tx.deleteFrom('recovery_code').where('actor_id', '=', actorId).execute()
}

/** Those of an account that has no second factor any more: they would be those of the next one, which was not there when they were told. */
export async function deleteIdleRecoveryCodes(tx: Transaction, actorId: ActorId): Promise<void> {
  await tx
    .deleteFrom('recovery_code')
    .where('actor_id', '=', actorId)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('account')
            .select('actor_id')
            .where('actor_id', '=', actorId)
            .where((it) => it.or([it('email_factor', '=', true), it('totp_confirmed_at', 'is not', null)])),
        ),
      ),
    )
    .execute()
}

/** 80 random bits cannot be guessed at, so that it need not be slow; the actor keeps equal ones apart. */
function hashOf(actorId: ActorId, code: string): Uint8Array {
  return sha256(Buffer.from(`${actorId} ${normal(code)}`))
}

function normal(code: string): string {
  return code.replaceAll(/[\s-]/g, '').toLowerCase()
}
