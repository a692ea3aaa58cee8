import { sha256 } from '@heronry/core/cid'
import type { ActorId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { knownDevicesMax, signInNoticesMax, signInNoticeWindowMs } from './limits.ts'
import { programName } from './program-name.ts'

/** Where an account is signed in from, as far as can be known of it. */
export interface Device {
  /** What a client is counted by: an address, or a /64. */
  readonly network: string
  /** As its request says it. */
  readonly userAgent: string | undefined
}

export interface DeviceSight extends Device {
  readonly actorId: ActorId
  readonly at: Date
}

/**
 * Keeps that an account was signed in from a device; true where that was not known. Of two that are the first to see one at once, the second
 * waits, and is told that it is known. Only a hash is kept.
 */
export async function rememberDevice(tx: Transaction, sight: DeviceSight): Promise<boolean> {
  const { actorId, at } = sight
  const row = { actor_id: actorId, device: hashOf(sight), seen_at: at, mailed_at: null }
  const fresh = await tx
    .insertInto('known_device')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .returning('actor_id')
    .executeTakeFirst()
  if (fresh === undefined) await mark(tx, sight, { seen_at: at })
  else await forgetOldest(tx, actorId)
  return fresh !== undefined
}

/** Keeps that the owner is mailed about it; false where there were enough of such mails lately, and there shall be none. */
export async function claimSignInNotice(tx: Transaction, sight: DeviceSight): Promise<boolean> {
  const { actorId, at } = sight
  const { count } = await tx
    .selectFrom('known_device')
    .select((eb) => eb.fn.countAll<bigint>().as('count'))
    .where('actor_id', '=', actorId)
    .where('mailed_at', '>', new Date(at.getTime() - signInNoticeWindowMs))
    .executeTakeFirstOrThrow()
  if (count >= signInNoticesMax) return false
  await mark(tx, sight, { mailed_at: at })
  return true
}

/** What had been signed in from there is ended with all else: who comes from there again is new. */
export async function forgetDevices(tx: Transaction, actorId: ActorId): Promise<void> {
  await tx.deleteFrom('known_device').where('actor_id', '=', actorId).execute()
}

/** Rows that another sign-in is looking at are left to the next new device. */
async function forgetOldest(tx: Transaction, actorId: ActorId): Promise<void> {
  await tx
    .deleteFrom('known_device')
    .where('actor_id', '=', actorId)
    .where('device', 'in', (eb) =>
      eb
        .selectFrom('known_device')
        .select('device')
        .where('actor_id', '=', actorId)
        .orderBy('seen_at', 'desc')
        .offset(knownDevicesMax)
        .forUpdate()
        .skipLocked(),
    )
    .execute()
}

async function mark(
  tx: Transaction,
  sight: DeviceSight,
  columns: { seen_at: Date } | { mailed_at: Date },
): Promise<void> {
  await tx
    .updateTable('known_device')
    .set(columns)
    .where('actor_id', '=', sight.actorId)
    .where('device', '=', hashOf(sight))
    .execute()
}

/** The program's name without its version: an update makes no new device. */
function hashOf({ actorId, network, userAgent }: DeviceSight): Buffer {
  return Buffer.from(sha256(Buffer.from(`${actorId} ${network} ${programName(userAgent) ?? ''}`)))
}
