import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { hashAdminPassword } from './admin-password.ts'
import type { CommunityDefinition } from './community.ts'
import { changedFields } from './plan-definitions.ts'
import { refuseConflicts, refuseMove } from './refuse-conflicts.ts'
import {
  bumpCommunityVersion,
  insertCommunity,
  loadCommunities,
  type StoredDefinition,
  updateCommunity,
} from './store.ts'

/**
 * Makes the stored communities what the configuration says; called by every process at start, at once if need be. One that
 * is stored but not defined stays as it is. A community is known by its slug, and its hostname never changes.
 *
 * Throws `AlreadyExists` that names the community for a changed hostname, and for a host or handle domain that belongs to two.
 */
export async function applyDefinitions(
  db: Database,
  definitions: readonly CommunityDefinition[],
): Promise<void> {
  if (await isApplied(db, definitions)) return
  const stored = await Promise.all(definitions.map(withHash))
  await inTransaction(db, { name: 'apply-communities' }, async (tx) => {
    // Two processes that start at once: the second waits here, and then finds nothing left to change.
    await bumpCommunityVersion(tx)
    for (const definition of stored) await applyDefinition(tx, definition)
    refuseConflicts(await loadCommunities(tx))
  })
}

async function applyDefinition(tx: Transaction, definition: StoredDefinition): Promise<void> {
  const before = (await loadCommunities(tx)).find(({ slug }) => slug === definition.slug)
  if (before === undefined) return insertCommunity(tx, definition)
  refuseMove(before, definition)
  await updateCommunity(tx, { id: before.id, definition })
}

async function isApplied(db: Database, definitions: readonly CommunityDefinition[]): Promise<boolean> {
  const stored = await loadCommunities(db)
  const verdicts = definitions.map(async (definition) => {
    const before = stored.find(({ slug }) => slug === definition.slug)
    return before !== undefined && (await changedFields(definition, before)).length === 0
  })
  return (await Promise.all(verdicts)).every(Boolean)
}

async function withHash({ adminPassword, ...rest }: CommunityDefinition): Promise<StoredDefinition> {
  return {
    ...rest,
    adminPasswordHash: adminPassword === null ? null : await hashAdminPassword(adminPassword),
  }
}
