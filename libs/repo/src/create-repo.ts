import type { Digest } from '@heronry/core/cid'
import type { Clock } from '@heronry/core/clock'
import { nextRev, type Rev, revNumber } from '@heronry/core/rev'
import type { Transaction } from '@heronry/db/in-transaction'
import { commitEvent, type EventBody, syncEvent } from '@heronry/events/event'
import { encodeTree } from '@heronry/mst/encode-node'
import { emptyTree } from '@heronry/mst/tree-node'
import type { Signer } from '@heronry/vault/vault'
import { sql } from 'kysely'
import { encodeCar } from './car.ts'
import type { RepoActor } from './repo-state.ts'
import { signCommit } from './sign-commit.ts'

export interface Genesis {
  actor: RepoActor
  signer: Signer
  clock: Clock
  published: boolean
  writable: boolean
}

/**
 * The first commit of an actor, on an empty tree. The caller appends the events, after those of identity and account, in the same
 * transaction (`appendEvents`), where the repo is published.
 */
export async function createRepo(
  tx: Transaction,
  { actor, signer, clock, published, writable }: Genesis,
): Promise<{ head: Digest; rev: Rev; events: { commit: EventBody; sync: EventBody } }> {
  const root = emptyTree()
  const data = encodeTree(root)
  const rev = nextRev(clock)
  const commit = signCommit(signer, { did: actor.did, rev, data })
  await tx
    .insertInto('repo')
    .values({
      actor_id: actor.id,
      store_id: sql<bigint>`nextval('store_id')`,
      head: commit.cid,
      rev: revNumber(rev),
      data,
      commit: commit.bytes,
      record_count: 0n,
      byte_count: 0n,
      writable,
      published,
    })
    .execute()
  const time = new Date(clock.now())
  const message = { did: actor.did, rev, time }
  const blocks = encodeCar(commit.cid, [commit, { cid: data, bytes: root.bytes as Uint8Array }])
  return {
    head: commit.cid,
    rev,
    events: {
      commit: commitEvent({ ...message, commit: commit.cid, since: null, prevData: null, ops: [], blocks }),
      sync: syncEvent({ ...message, blocks: encodeCar(commit.cid, [commit]) }),
    },
  }
}
