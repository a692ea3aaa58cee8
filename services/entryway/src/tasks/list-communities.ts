import { createCommunityDirectory } from '@heronry/communities/directory'
import type { TaskConfig } from '@heronry/config/house-config'
import { inTaskDatabase } from '@heronry/xrpc/process/in-task-database'

/** Every community of the house, without its password's hash and the secret of its imported sessions. */
export function listCommunities({ databaseUrl }: TaskConfig) {
  return inTaskDatabase(databaseUrl, async (parts) => {
    const communities = await createCommunityDirectory(parts).all()
    return communities.map(({ adminPasswordHash, settings, ...community }) => ({
      ...community,
      settings: { ...settings, legacySessions: settings.legacySessions?.cutOver },
      hasAdminPassword: adminPasswordHash !== null,
    }))
  })
}
