import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'
import { reservedKeysMax } from './limits.ts'
import {
  countReservations,
  deleteExpiredReservations,
  insertReservation,
  type KeyReservation,
  lockReservations,
  prolongReservation,
  takeReservation,
} from './reserved-key-store.ts'
import type { KeyPair, Vault } from './vault.ts'

export interface ReserveKey {
  readonly communityId: CommunityId
  /** Whose account is to have it; left out: a key that no account here can have. */
  readonly did?: Did | undefined
  readonly expiresAt: Date
}

/**
 * Keeps a key for an account that is still to be made, and answers its did:key: the same for a DID, however often it is asked for. Anybody
 * may ask for anybody: nobody is ever shown more than the public half. Throws `ServiceUnavailable` where the community keeps too many.
 */
export async function reserveKey(
  tx: Transaction,
  { vault, keysMax = reservedKeysMax }: { vault: Vault; keysMax?: number },
  { communityId, did, expiresAt }: ReserveKey,
): Promise<string> {
  await lockReservations(tx, communityId)
  const kept = did && (await prolongReservation(tx, { communityId, did, expiresAt }))
  if (kept !== undefined) return kept
  if ((await countReservations(tx, communityId)) >= keysMax) {
    throw new HeronryError(
      'ServiceUnavailable',
      'Too many signing keys are reserved. Please try again later.',
    )
  }
  const key = vault.generate()
  const sealed = vault.sealReserved(key)
  await insertReservation(tx, { communityId, did, expiresAt, ...sealed })
  return key.didKey
}

/** The key that was kept for a DID, for the account that is made in this transaction; undefined where there is none. */
export async function takeReservedKey(
  tx: Transaction,
  { vault }: { vault: Vault },
  reservation: KeyReservation,
): Promise<KeyPair | undefined> {
  const stored = await takeReservation(tx, reservation)
  return stored && vault.unsealReserved(stored)
}

/** Forgets keys that nobody came for. */
export async function purgeReservedKeys(db: Database, { now }: { now: Date }): Promise<void> {
  await deleteExpiredReservations(db, now)
}
