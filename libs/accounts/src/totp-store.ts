import type { ActorId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import type { Vault } from '@heronry/vault/vault'
import { matchTotp } from './totp.ts'

const use = 'totp'

/** A secret that no login asks for yet, in place of one that was begun before. The caller holds the account's lock, here and below. */
export async function insertTotp(
  tx: Transaction,
  { vault }: { vault: Vault },
  { actorId, secret }: { actorId: ActorId; secret: Uint8Array },
): Promise<void> {
  const { sealed, kekId } = vault.sealSecret({ actorId, use, plain: secret })
  await set(tx, actorId, {
    totp_sealed: sealed,
    totp_kek_id: kekId,
    totp_confirmed_at: null,
    totp_step: null,
  })
}

export interface TotpSpending {
  readonly actorId: ActorId
  readonly code: string
  readonly now: Date
}

/** Takes a code of the account's app, once; false for a wrong or a replayed one, or where there is no app. */
export async function spendTotp(
  tx: Transaction,
  { vault }: { vault: Vault },
  { actorId, code, now }: TotpSpending,
): Promise<boolean> {
  const row = await tx
    .selectFrom('account')
    .select(['totp_sealed', 'totp_kek_id', 'totp_step'])
    .where('actor_id', '=', actorId)
    .executeTakeFirst()
  const secret = row && unsealTotp(vault, { actorId, ...row })
  if (secret === undefined) return false
  const step = matchTotp(secret, { code, now: now.getTime(), lastStep: row?.totp_step ?? null })
  if (step === undefined) return false
  await set(tx, actorId, { totp_step: step })
  return true
}

interface SealedTotp {
  readonly actorId: ActorId
  readonly totp_sealed: Uint8Array | null
  readonly totp_kek_id: string | null
}

/** Throws where the secret does not open; undefined where there is none. */
export function unsealTotp(vault: Vault, row: SealedTotp): Uint8Array | undefined {
  const { actorId, totp_sealed: sealed, totp_kek_id: kekId } = row
  if (sealed === null || kekId === null) return undefined
  return vault.unsealSecret({ actorId, use, sealed, kekId })
}

/** From here on logins ask for its codes. */
export async function confirmStoredTotp(
  tx: Transaction,
  { actorId, now }: { actorId: ActorId; now: Date },
): Promise<void> {
  await set(tx, actorId, { totp_confirmed_at: now })
}

export async function deleteTotp(tx: Transaction, actorId: ActorId): Promise<void> {
  await set(tx, actorId, { totp_sealed: null, totp_kek_id: null, totp_confirmed_at: null, totp_step: null })
}

interface TotpColumns {
  totp_sealed?: Uint8Array | null
  totp_kek_id?: string | null
  totp_confirmed_at?: Date | null
  totp_step?: bigint | null
}

async function set(tx: Transaction, actorId: ActorId, columns: TotpColumns): Promise<void> {
  await tx.updateTable('account').set(columns).where('actor_id', '=', actorId).execute()
}
