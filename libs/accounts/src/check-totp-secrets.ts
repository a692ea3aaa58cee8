import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Vault } from '@heronry/vault/vault'
import { unsealTotp } from './totp-store.ts'

/**
 * Throws where a key-encryption key that authenticator apps' secrets were sealed with is not known, or is not the same any more: their owners could not
 * log in. One secret of each key is opened, by the index `account_totp`, which has the rows of those apps alone.
 */
export async function checkTotpSecrets(db: Database, { vault }: { vault: Vault }): Promise<void> {
  const rows = await db
    .selectFrom('account')
    .distinctOn('totp_kek_id')
    .select(['actor_id', 'totp_sealed', 'totp_kek_id'])
    .where('totp_sealed', 'is not', null)
    .orderBy('totp_kek_id')
    .orderBy('actor_id')
    .execute()
  for (const row of rows) unsealTotp(vault, { actorId: row.actor_id as ActorId, ...row })
}
