import type { Community } from '@heronry/communities/community'
import type { Clock } from '@heronry/core/clock'
import type { Did } from '@heronry/core/did'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { reserveKey } from '@heronry/vault/reserved-keys'
import type { Vault } from '@heronry/vault/vault'
import { reservedKeyTtlMs } from './limits.ts'

/**
 * The key (did:key) that an account of this DID will have if it is made here within a day: its owner may put it into the DID document
 * before.
 */
export async function reserveSigningKey(
  { db, vault, clock }: { db: Database; vault: Vault; clock: Clock },
  { community, did }: { community: Community; did?: Did | undefined },
): Promise<string> {
  const expiresAt = new Date(clock.now() + reservedKeyTtlMs)
  return await inTransaction(db, { name: 'reserve signing key' }, (tx) =>
    reserveKey(tx, { vault }, { communityId: community.id, did, expiresAt }),
  )
}
