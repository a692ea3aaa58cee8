import { BlockMap, MemoryBlockstore, MST } from '@atproto/repo'
import { cidOf, type Digest, digestOf } from '@heronry/core/cid'

/** The reference's tree beside ours. Reopened from its blocks for each commit, as the reference server does. */
export class OracleTree {
  #blocks = new BlockMap()
  #root: Awaited<ReturnType<MST['getPointer']>> | null = null

  async apply(ops: readonly TestOp[]): Promise<{ root: Digest; proof: Map<string, Uint8Array> }> {
    const storage = new MemoryBlockstore(this.#blocks)
    let tree = this.#root === null ? await MST.create(storage) : MST.load(storage, this.#root)
    for (const { action, path, cid } of ops) {
      if (action === 'delete') tree = await tree.delete(path)
      else tree = await tree[action === 'create' ? 'add' : 'update'](path, cidOf(cid as Digest))
    }
    this.#root = await tree.getPointer()
    const { blocks } = await tree.getUnstoredBlocks()
    this.#blocks.addMap(blocks)
    const proof = new Map<string, Uint8Array>()
    for (const { path } of ops) {
      for (const { cid, bytes } of (await tree.getCoveringProof(path)).entries())
        proof.set(cid.toString(), bytes)
    }
    return { root: digestOf(this.#root as never) as Digest, proof }
  }
}

export interface TestOp {
  action: 'create' | 'update' | 'delete'
  path: string
  cid: Digest | null
  prev: Digest | null
}

/** Inverts `ops` in a tree of nothing but the given blocks, by the reference's own code, and returns the root it arrives at. */
export async function invert(root: Digest, proof: Iterable<[Digest, Uint8Array]>, ops: readonly TestOp[]) {
  const blocks = new BlockMap()
  for (const [digest, bytes] of proof) blocks.set(cidOf(digest), bytes)
  let tree = MST.load(new MemoryBlockstore(blocks), cidOf(root))
  for (const { action, path, prev } of ops.toReversed()) {
    if (action === 'create') tree = await tree.delete(path)
    else tree = await tree[action === 'delete' ? 'add' : 'update'](path, cidOf(prev as Digest))
  }
  return digestOf(await tree.getPointer()) as Digest
}
