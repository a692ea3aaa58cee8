import { findActor } from '@heronry/accounts/actor'
import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import * as sync from '@heronry/lexicons/generated/com/atproto/sync'
import { findRepo } from '@heronry/repo/find-repo'
import { method } from '@heronry/xrpc/method'
import { statusBody } from '../../../../status-body.ts'

/** Says for everybody what has become of a repo; one in quarantine was never there. */
export const getRepoStatus = ({ db }: { db: Database }) =>
  method(sync.getRepoStatus, {
    handler: async ({ params, community }) => {
      const actor = await findActor(db, { communityId: community.id, didOrHandle: params.did })
      const repo = actor && (await findRepo(db, actor.id))
      if (actor === undefined || !repo?.published) {
        throw new HeronryError('RepoNotFound', `Could not find repo for DID: ${params.did}`)
      }
      const status = statusBody(actor)
      return { body: { did: actor.did, ...status, ...(status.active && { rev: repo.rev }) } }
    },
  })
