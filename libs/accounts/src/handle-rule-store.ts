import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'

/**
 * reserved: a label that nobody gets by signing up. inappropriate: a word that is in no handle. allowed: neither a label that is
 * reserved nor a place to look for inappropriate words.
 */
export type HandleRuleKind = 'reserved' | 'inappropriate' | 'allowed'

export interface HandleRule {
  readonly kind: HandleRuleKind
  /** Lower-case. */
  readonly word: string
}

export type HandleRules = { readonly [kind in HandleRuleKind]: ReadonlySet<string> }

/** The community's own, in the order of their words. */
export async function listHandleRules(
  db: Database | Transaction,
  communityId: CommunityId,
): Promise<HandleRule[]> {
  const rows = await db
    .selectFrom('handle_rule')
    .select(['kind', 'word'])
    .where('community_id', '=', communityId)
    .orderBy('word')
    .orderBy('kind')
    .execute()
  return rows.map(({ kind, word }) => ({ kind: kind as HandleRuleKind, word }))
}

export async function insertHandleRule(
  tx: Transaction,
  { communityId, kind, word }: HandleRule & { communityId: CommunityId },
): Promise<void> {
  await tx
    .insertInto('handle_rule')
    .values({ community_id: communityId, kind, word })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export async function deleteHandleRule(
  tx: Transaction,
  { communityId, kind, word }: HandleRule & { communityId: CommunityId },
): Promise<void> {
  await tx
    .deleteFrom('handle_rule')
    .where('community_id', '=', communityId)
    .where('kind', '=', kind)
    .where('word', '=', word)
    .execute()
}
