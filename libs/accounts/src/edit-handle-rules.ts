import { HeronryError } from '@heronry/core/error'
import type { CommunityId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'
import {
  deleteHandleRules,
  type HandleRule,
  insertHandleRules,
  listHandleRules,
} from './handle-rule-store.ts'
import { handleRuleLengthMax, handleRuleLengthMin, handleRulesMax } from './limits.ts'

/**
 * Adds rules to those of a community and takes others away, all or none; what is there or gone already stays so. Answers with all that it
 * has.
 * Throws `InvalidRequest` for a word that could be in no handle, and where there would be too many.
 */
export async function editHandleRules(
  tx: Transaction,
  { communityId, add, remove }: { communityId: CommunityId; add: HandleRule[]; remove: HandleRule[] },
): Promise<HandleRule[]> {
  const added = add.map(normalized)
  const removed = remove.map(normalized)
  // One editor of a community at a time: the limit is looked at below.
  await sql`SELECT pg_advisory_xact_lock(hashtextextended('handle_rule', ${communityId}))`.execute(tx)
  await deleteHandleRules(tx, { communityId, rules: removed })
  await insertHandleRules(tx, { communityId, rules: added })
  const rules = await listHandleRules(tx, communityId)
  if (rules.length > handleRulesMax) throw invalid(`A community has at most ${handleRulesMax} handle rules`)
  return rules
}

function normalized({ kind, word: text }: HandleRule): HandleRule {
  const word = text.toLowerCase()
  const isOfAHandle = /^[a-z0-9.-]+$/.test(word)
  if (!isOfAHandle || word.length < handleRuleLengthMin || word.length > handleRuleLengthMax) {
    throw invalid(
      `A word has ${handleRuleLengthMin} to ${handleRuleLengthMax} letters, digits, dots and hyphens: ${text.slice(0, 100)}`,
    )
  }
  return { kind, word }
}

function invalid(message: string): HeronryError {
  return new HeronryError('InvalidRequest', message)
}
