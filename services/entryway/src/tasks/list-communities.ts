import { createCommunityDirectory } from '@heronry/communities/directory'
import type { Database } from '@heronry/db/database'
import type { Logger } from '@heronry/telemetry/logger'

/** Every community of the house, without its password's hash. */
export async function listCommunities(deps: { db: Database; logger: Logger }) {
  const communities = await createCommunityDirectory(deps).all()
  return communities.map(({ adminPasswordHash, ...community }) => ({
    ...community,
    hasAdminPassword: adminPasswordHash !== null,
  }))
}
