import { isDeepStrictEqual } from 'node:util'
import type { Database } from '@heronry/db/database'
import { matchesHash } from './admin-password.ts'
import type { Community, CommunityDefinition } from './community.ts'
import { refuseConflicts, refuseMove } from './refuse-conflicts.ts'
import { loadCommunities } from './store.ts'

/** What applying a definition would do. */
export interface CommunityChange {
  readonly slug: string
  readonly hostname: string
  readonly change: 'create' | 'update' | 'none'
  /** Names of what an update changes. */
  readonly fields: readonly string[]
}

/** What `applyDefinitions` would do now; throws for what it would refuse. */
export async function planDefinitions(
  db: Database,
  definitions: readonly CommunityDefinition[],
): Promise<CommunityChange[]> {
  const stored = await loadCommunities(db)
  const changes = await Promise.all(
    definitions.map((definition) =>
      changeOf(
        definition,
        stored.find(({ slug }) => slug === definition.slug),
      ),
    ),
  )
  const others = stored.filter(({ slug }) => !definitions.some((it) => it.slug === slug))
  refuseConflicts([...others, ...definitions])
  return changes
}

async function changeOf(
  definition: CommunityDefinition,
  stored: Community | undefined,
): Promise<CommunityChange> {
  const { slug, hostname } = definition
  if (stored === undefined) return { slug, hostname, change: 'create', fields: [] }
  refuseMove(stored, definition)
  const fields = await changedFields(definition, stored)
  return { slug, hostname, change: fields.length > 0 ? 'update' : 'none', fields }
}

/** Names of what a definition would change of the stored community. */
export async function changedFields(definition: CommunityDefinition, stored: Community): Promise<string[]> {
  const { adminPassword, ...wanted } = definition
  // Settings come back from JSON, where an undefined value is an absent one.
  const plain: Record<string, unknown> = JSON.parse(JSON.stringify(wanted))
  const present = stored as unknown as Record<string, unknown>
  const fields = Object.keys(plain).filter((name) => !isDeepStrictEqual(plain[name], present[name]))
  return (await isPassword(adminPassword, stored)) ? fields : [...fields, 'adminPassword']
}

async function isPassword(wanted: string | null, { adminPasswordHash }: Community): Promise<boolean> {
  if (wanted === null || adminPasswordHash === null) return wanted === adminPasswordHash
  return matchesHash(wanted, adminPasswordHash)
}
