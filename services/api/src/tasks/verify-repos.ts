import { findActor } from '@heronry/accounts/actor'
import { createCommunityDirectory } from '@heronry/communities/directory'
import type { TaskConfig } from '@heronry/config/house-config'
import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { type RepoReport, verifyRepo } from '@heronry/repo/verify-repo'
import { findSigningKey } from '@heronry/vault/signing-key-store'
import { inTaskDatabase, type TaskParts } from '@heronry/xrpc/process/in-task-database'

/** What was found of one DID in one community; without a community: no community hosts a repo of it. */
export type VerifiedRepo =
  | ({ readonly did: string; readonly community: string } & RepoReport)
  | { readonly did: string; readonly community?: undefined }

/** Verifies the repos of the DIDs in every community that hosts them, one after the other. */
export function verifyRepos({ databaseUrl }: TaskConfig, dids: readonly string[]): Promise<VerifiedRepo[]> {
  return inTaskDatabase(databaseUrl, (parts) => verifyEach(parts, dids))
}

async function verifyEach(parts: TaskParts, dids: readonly string[]): Promise<VerifiedRepo[]> {
  const communities = await createCommunityDirectory(parts).all()
  const verified: VerifiedRepo[] = []
  for (const did of dids) {
    const before = verified.length
    for (const { id: communityId, slug } of communities) {
      const report = await verifyOf(parts.db, { communityId, did })
      if (report !== undefined) verified.push({ did, community: slug, ...report })
    }
    if (verified.length === before) verified.push({ did })
  }
  return verified
}

async function verifyOf(
  db: Database,
  { communityId, did }: { communityId: CommunityId; did: string },
): Promise<RepoReport | undefined> {
  const actor = await findActor(db, { communityId, didOrHandle: did })
  if (actor === undefined) return undefined
  const key = await findSigningKey(db, actor.id)
  if (key === undefined) throw new Error(`The actor ${actor.id} has no signing key`)
  return await verifyRepo(db, { actorId: actor.id, did: actor.did, didKey: key.didKey })
}
