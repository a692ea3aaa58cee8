import { applyDefinitions } from '@heronry/communities/apply-definitions'
import { planDefinitions } from '@heronry/communities/plan-definitions'
import type { CommunitiesConfig } from '@heronry/config/house-config'
import { inTaskDatabase } from '@heronry/xrpc/process/in-task-database'

/** What would change if the communities were made what the environment says. */
export function planCommunities({ databaseUrl, communities }: CommunitiesConfig) {
  return inTaskDatabase(databaseUrl, ({ db }) => planDefinitions(db, communities))
}

/** Makes them so; answers what there was to change. */
export function applyCommunities({ databaseUrl, communities }: CommunitiesConfig) {
  return inTaskDatabase(databaseUrl, async ({ db }) => {
    const plan = await planDefinitions(db, communities)
    await applyDefinitions(db, communities)
    return plan
  })
}
