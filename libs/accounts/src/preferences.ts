import { HeronryError } from '@heronry/core/error'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'

/** Something that an app keeps of an account in private: JSON, by its `$type`. */
export interface Preference {
  readonly $type: string
}

export interface PreferencesOf {
  readonly actorId: ActorId
  /** The beginning of the types that are asked for: `app.bsky` is that of `app.bsky` itself and of all below it. */
  readonly namespace: string
}

/** In the order in which they were put. */
export async function listPreferences(
  db: Database,
  { actorId, namespace }: PreferencesOf,
): Promise<Preference[]> {
  const rows = await db
    .selectFrom('account_pref')
    .select('value')
    .where('actor_id', '=', actorId)
    .where('seq', '>', anchor)
    .orderBy('seq')
    .execute()
  return rows.map(({ value }) => value as Preference).filter(({ $type }) => isWithin(namespace, $type))
}

export function isWithin(namespace: string, type: string): boolean {
  return type === namespace || type.startsWith(`${namespace}.`)
}

export interface NewPreferences {
  readonly actorId: ActorId
  readonly preferences: readonly Preference[]
  /** Of which types those that are there make way; all others stay. */
  readonly replaces: (type: string) => boolean
}

/**
 * Puts preferences in the place of others, all at once: of two that do so at the same time one is the last, and nothing is left of the
 * other. Throws `AccountNotFound` where the account is gone.
 */
export function replacePreferences(db: Database, put: NewPreferences): Promise<void> {
  return inTransaction(db, { name: 'put preferences' }, async (tx) => {
    await lockPreferences(tx, put.actorId)
    const kept = await dropReplaced(tx, put)
    const rows = put.preferences.map((preference, index) => ({
      actor_id: put.actorId,
      seq: kept + index + 1,
      name: preference.$type,
      value: JSON.stringify(preference),
    }))
    if (rows.length > 0) await tx.insertInto('account_pref').values(rows).execute()
  })
}

/** The seq of the row that is no preference. */
const anchor = 0

/** Until the transaction ends. What is read after it is what the one before has left. */
async function lockPreferences(tx: Transaction, actorId: ActorId): Promise<void> {
  await tx
    .insertInto('account_pref')
    .values({ actor_id: actorId, seq: anchor, name: '', value: 'null' })
    .onConflict((conflict) => conflict.columns(['actor_id', 'seq']).doUpdateSet({ name: '' }))
    .execute()
    .catch((cause: unknown) => {
      const isGone = (cause as { code?: string }).code === foreignKeyViolation
      throw isGone ? new HeronryError('AccountNotFound', 'Account not found', { cause }) : cause
    })
}

const foreignKeyViolation = '23503'

/** The last seq of those that stay. */
async function dropReplaced(tx: Transaction, { actorId, replaces }: NewPreferences): Promise<number> {
  const rows = await tx
    .selectFrom('account_pref')
    .select(['seq', 'name'])
    .where('actor_id', '=', actorId)
    .where('seq', '>', anchor)
    .execute()
  const gone = rows.filter(({ name }) => replaces(name)).map(({ seq }) => seq)
  if (gone.length > 0) {
    await tx.deleteFrom('account_pref').where('actor_id', '=', actorId).where('seq', 'in', gone).execute()
  }
  const kept = rows.filter(({ name }) => !replaces(name)).map(({ seq }) => seq)
  return Math.max(anchor, ...kept)
}
