import { isDeepStrictEqual } from 'node:util'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { hashAdminPassword, matchesHash } from './admin-password.ts'
import type { Community, CommunityDefinition } from './community.ts'
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
 * Throws an Error that names the community for a changed hostname, and for a host or handle domain that belongs to two.
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
  if (before.hostname !== definition.hostname) {
    throw new Error(
      `The community ${definition.slug} is ${before.hostname} and cannot become ${definition.hostname}: moving it to another host is a migration`,
    )
  }
  await updateCommunity(tx, { id: before.id, definition })
}

async function isApplied(db: Database, definitions: readonly CommunityDefinition[]): Promise<boolean> {
  const stored = await loadCommunities(db)
  const verdicts = definitions.map((definition) =>
    isSame(
      definition,
      stored.find(({ slug }) => slug === definition.slug),
    ),
  )
  return (await Promise.all(verdicts)).every(Boolean)
}

async function isSame(definition: CommunityDefinition, stored: Community | undefined): Promise<boolean> {
  if (stored === undefined) return false
  const { adminPassword, ...wanted } = definition
  const { id: _id, adminPasswordHash, ...present } = stored
  // Settings come back from JSON, where an undefined value is an absent one.
  if (!isDeepStrictEqual(JSON.parse(JSON.stringify(wanted)), present)) return false
  if (adminPassword === null || adminPasswordHash === null) return adminPassword === adminPasswordHash
  return matchesHash(adminPassword, adminPasswordHash)
}

async function withHash({ adminPassword, ...rest }: CommunityDefinition): Promise<StoredDefinition> {
  return {
    ...rest,
    adminPasswordHash: adminPassword === null ? null : await hashAdminPassword(adminPassword),
  }
}

/** A hostname must not stand where another community's members have their handles. */
function refuseConflicts(communities: readonly Community[]): void {
  for (const { hostname, slug } of communities) {
    for (const other of communities) {
      const domain = other.handleDomains.find((it) => hostname.endsWith(it))
      if (domain !== undefined && other.slug !== slug) {
        throw new Error(
          `The host ${hostname} of ${slug} is below the handle domain ${domain} of ${other.slug}`,
        )
      }
    }
  }
}
