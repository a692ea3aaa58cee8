import { countBlobs } from '@heronry/blobs/count-blobs'
import type { Community } from '@heronry/communities/community'
import { cidString } from '@heronry/core/cid'
import { HeronryError, isHeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import { countRepo } from '@heronry/repo/count-repo'
import { findRepo } from '@heronry/repo/find-repo'
import type { Actor } from './actor.ts'
import { type DidFaultDeps, didFault } from './did-fault.ts'

/**
 * What an account has here, for whoever moves one (com.atproto.server.checkAccountStatus). `validDid` says whether it could be activated,
 * as far as that can be found out now. Nothing is kept yet that would be a private value.
 */
export async function accountStatus(
  deps: DidFaultDeps & { db: Database },
  { community, actor }: { community: Community; actor: Actor },
) {
  const { db } = deps
  const [repo, counts, importedBlobs, validDid] = await Promise.all([
    findRepo(db, actor.id),
    countRepo(db, actor.id),
    countBlobs(db, actor.id),
    isValid(deps, { community, actor }),
  ])
  if (repo === undefined || counts === undefined)
    throw new HeronryError('RepoNotFound', 'Could not find the repo')
  return {
    activated: actor.status === 'active',
    validDid,
    repoCommit: cidString(repo.head),
    repoRev: repo.rev,
    repoBlocks: counts.blocks,
    indexedRecords: counts.records,
    privateStateValues: 0,
    expectedBlobs: counts.blobs,
    importedBlobs,
  }
}

async function isValid(deps: DidFaultDeps, who: { community: Community; actor: Actor }): Promise<boolean> {
  try {
    return (await didFault(deps, who)) === null
  } catch (error) {
    if (isHeronryError(error)) return false // A directory that does not answer is no reason to say nothing at all.
    throw error
  }
}
