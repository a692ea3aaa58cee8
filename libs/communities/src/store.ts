import type { Did } from '@heronry/core/did'
import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'
import type { Community, CommunityDefinition, CommunitySettings } from './community.ts'

export async function loadCommunities(db: Database | Transaction): Promise<Community[]> {
  const rows = await db
    .selectFrom('community')
    .select(['id', 'slug', 'hostname', 'public_url', 'service_did', 'admin_password', 'settings'])
    .orderBy('id')
    .execute()
  const domains = await db
    .selectFrom('handle_domain')
    .select(['domain', 'community_id'])
    .orderBy('position')
    .execute()
  return rows.map((row) => ({
    id: row.id as CommunityId,
    slug: row.slug,
    hostname: row.hostname,
    publicUrl: row.public_url,
    serviceDid: row.service_did as Did,
    handleDomains: domains.filter((it) => it.community_id === row.id).map((it) => it.domain),
    adminPasswordHash: row.admin_password,
    settings: row.settings as CommunitySettings,
  }))
}

export async function readCommunityVersion(db: Database): Promise<bigint> {
  const { version } = await db.selectFrom('community_version').select('version').executeTakeFirstOrThrow()
  return version
}

/** Locks out every other writer of communities until the transaction ends. */
export async function bumpCommunityVersion(tx: Transaction): Promise<void> {
  await tx.updateTable('community_version').set({ version: sql`version + 1` }).execute()
}

export interface StoredDefinition extends Omit<CommunityDefinition, 'adminPassword'> {
  readonly adminPasswordHash: string | null
}

export async function insertCommunity(tx: Transaction, definition: StoredDefinition): Promise<void> {
  const { id } = await tx
    .insertInto('community')
    .values({ hostname: definition.hostname, ...columns(definition) })
    .returning('id')
    .executeTakeFirstOrThrow()
  await replaceDomains(tx, { id, handleDomains: definition.handleDomains })
}

export async function updateCommunity(
  tx: Transaction,
  { id, definition }: { id: CommunityId; definition: StoredDefinition },
): Promise<void> {
  await tx.updateTable('community').set(columns(definition)).where('id', '=', id).execute()
  await replaceDomains(tx, { id, handleDomains: definition.handleDomains })
}

function columns({ slug, publicUrl, serviceDid, adminPasswordHash, settings }: StoredDefinition) {
  return {
    slug,
    public_url: publicUrl,
    service_did: serviceDid,
    admin_password: adminPasswordHash,
    settings: JSON.stringify(settings),
  }
}

async function replaceDomains(
  tx: Transaction,
  { id, handleDomains }: { id: number; handleDomains: readonly string[] },
): Promise<void> {
  await tx.deleteFrom('handle_domain').where('community_id', '=', id).execute()
  const rows = handleDomains.map((domain, position) => ({ domain, community_id: id, position }))
  if (rows.length > 0) await tx.insertInto('handle_domain').values(rows).execute()
}
