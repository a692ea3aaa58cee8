import { findActor } from '@heronry/accounts/actor'
import { createCommunityDirectory } from '@heronry/communities/directory'
import { systemClock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import { type RebuiltRepo, rebuildRepo } from '@heronry/repo/rebuild-repo'
import type { Logger } from '@heronry/telemetry/logger'
import { createVault, type VaultOptions } from '@heronry/vault/vault'

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
export async function rebuildRepos(
  deps: { db: Database; logger: Logger } & Pick<VaultOptions, 'keyEncryptionKeys'>,
  { did, leaveOutUnreadable }: RebuildTask,
): Promise<RebuiltRepoOf[]> {
  const { db } = deps
  const vault = createVault(deps)
  const rebuilt: RebuiltRepoOf[] = []
  for (const { id: communityId, slug } of await createCommunityDirectory(deps).all()) {
    const actor = await findActor(db, { communityId, didOrHandle: did })
    if (actor === undefined) continue
    const made = await rebuildRepo({ db, vault, clock: systemClock }, { actor, leaveOutUnreadable })
    if (made !== undefined) rebuilt.push({ did, community: slug, ...made })
  }
  return rebuilt.length > 0 ? rebuilt : [{ did }]
}
