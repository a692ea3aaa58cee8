import type { Digest } from '@heronry/core/cid'
import type { Did } from '@heronry/core/did'
import type { ActorId, CommunityId, StoreId } from '@heronry/core/ids'
import type { Rev } from '@heronry/core/rev'
import type { TreeNode } from '@heronry/mst/tree-node'

/** Whose repo is written. */
export interface RepoActor {
  readonly id: ActorId
  readonly communityId: CommunityId
  readonly did: Did
}

/** A repo at one of its commits, with as much of its tree as was needed so far. Invariant: `root` is the tree of `data`. */
export interface RepoState {
  readonly storeId: StoreId
  readonly head: Digest
  readonly rev: Rev
  readonly data: Digest
  readonly root: TreeNode
}
