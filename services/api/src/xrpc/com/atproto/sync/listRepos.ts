import { listActors } from '@heronry/accounts/list-actors'
import { cidString } from '@heronry/core/cid'
import type { Database } from '@heronry/db/database'
import * as sync from '@heronry/lexicons/generated/com/atproto/sync'
import { findRepoHeads } from '@heronry/repo/find-repo-heads'
import { method } from '@heronry/xrpc/method'
import { statusBody } from '../../../../status-body.ts'

/** The community's repos, inactive ones included. A page may hold fewer than asked for, even none, and have a cursor. */
export const listRepos = ({ db }: { db: Database }) =>
  method(sync.listRepos, {
    handler: async ({ params: { limit, cursor: after }, community }) => {
      const { actors, cursor } = await listActors(db, { communityId: community.id, after, limit })
      const heads = await findRepoHeads(
        db,
        actors.map(({ id }) => id),
      )
      const repos = actors.flatMap((actor) => {
        const repo = heads.get(actor.id)
        if (repo === undefined) return []
        return [{ did: actor.did, head: cidString(repo.head), rev: repo.rev, ...statusBody(actor) }]
      })
      return { body: { repos, ...(cursor !== undefined && { cursor }) } }
    },
  })
