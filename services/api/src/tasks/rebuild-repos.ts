import { findActor } from '@heronry/accounts/actor'
import { createCommunityDirectory } from '@heronry/communities/directory'
import type { RebuildConfig } from '@heronry/config/house-config'
import { systemClock } from '@heronry/core/clock'
import { type RebuiltRepo, rebuildRepo } from '@heronry/repo/rebuild-repo'
import { createVault } from '@heronry/vault/vault'
import { inTaskDatabase } from '@heronry/xrpc/process/in-task-database'

/** What was made of one DID's repo in one community; without a community: no community hosts a repo of it. */
export type RebuiltRepoOf =
  | ({ readonly did: string; readonly community: string } & RebuiltRepo)
  | { readonly did: string; readonly community?: undefined }

export interface RebuildTask {
  readonly did: string
  /** A value that is no record is left out of the new repo, for good; else it is the reason to refuse. */
  readonly leaveOutUnreadable: boolean
}

/** Rebuilds the repos of a DID in every community that hosts it. */
export function rebuildRepos(
  { databaseUrl, keyEncryptionKeys }: RebuildConfig,
  { did, leaveOutUnreadable }: RebuildTask,
): Promise<RebuiltRepoOf[]> {
  return inTaskDatabase(databaseUrl, async ({ db, logger }) => {
    const vault = createVault({ db, keyEncryptionKeys })
    const rebuilt: RebuiltRepoOf[] = []
    for (const { id: communityId, slug } of await createCommunityDirectory({ db, logger }).all()) {
      const actor = await findActor(db, { communityId, didOrHandle: did })
      if (actor === undefined) continue
      const made = await rebuildRepo({ db, vault, clock: systemClock }, { actor, leaveOutUnreadable })
      if (made !== undefined) rebuilt.push({ did, community: slug, ...made })
    }
    return rebuilt.length > 0 ? rebuilt : [{ did }]
  })
}
