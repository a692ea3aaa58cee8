import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'

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

interface RuleEdit {
  readonly communityId: CommunityId
  readonly rules: readonly HandleRule[]
}

/** What is there already stays as it is. */
export async function insertHandleRules(tx: Transaction, { communityId, rules }: RuleEdit): Promise<void> {
  if (rules.length === 0) return
  await tx
    .insertInto('handle_rule')
    .values(rules.map(({ kind, word }) => ({ community_id: communityId, kind, word })))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export async function deleteHandleRules(tx: Transaction, { communityId, rules }: RuleEdit): Promise<void> {
  const kinds = rules.map(({ kind }) => kind)
  const words = rules.map(({ word }) => word)
  await sql`DELETE FROM handle_rule USING unnest(${kinds}::text[], ${words}::text[]) AS gone (kind, word)
    WHERE community_id = ${communityId} AND handle_rule.kind = gone.kind COLLATE "C"
      AND handle_rule.word = gone.word COLLATE "C"`.execute(tx)
}
