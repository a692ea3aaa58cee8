import { BlockMap, MemoryBlockstore, MST } from '@atproto/repo'
import { cidOf, type Digest, digestOf } from '@heronry/core/cid'

/** The reference's tree beside ours. */
export class OracleTree {
  #tree: Promise<MST> = MST.create(new MemoryBlockstore())

  /** The root after the ops. */
  async apply(ops: readonly TestOp[]): Promise<Digest> {
    let tree = await this.#tree
    for (const { action, path, cid } of ops) {
      if (action === 'delete') tree = await tree.delete(path)
      else tree = await tree[action === 'create' ? 'add' : 'update'](path, cidOf(cid as Digest))
    }
    // A tree that was emptied in memory remembers its layer; the server, which reopens it, does not.
    const isEmpty = (await tree.getEntries()).length === 0
    this.#tree = isEmpty ? MST.create(new MemoryBlockstore()) : Promise.resolve(tree)
    return digestOf((await tree.getPointer()) as never) as Digest
  }

  /** The blocks of the covering proof, by CID. */
  async proof(ops: readonly TestOp[]): Promise<Map<string, Uint8Array>> {
    const tree = await this.#tree
    const proof = new Map<string, Uint8Array>()
    for (const { path } of ops) {
      for (const { cid, bytes } of (await tree.getCoveringProof(path)).entries())
        proof.set(cid.toString(), bytes)
    }
    return proof
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
