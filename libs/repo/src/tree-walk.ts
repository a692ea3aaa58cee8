import type { Digest, DigestAt } from '@heronry/core/cid'
import type { KeyRange } from '@heronry/mst/key-range'
import type { NodeBytes } from '@heronry/mst/node-layout'
import { OpenNode } from './open-node.ts'

/**
 * Where a walk through a tree in preorder is: at a subtree, or at a record that a node names.
 *
 * Invariant: in memory are the nodes from the root to there, one a layer.
 */
export class TreeWalk {
  /** By layer; the highest stands for the commit: its one subtree is the root. */
  readonly #nodes: OpenNode[]
  /** Of the lowest node that is open; `#nodes.length` when none is. */
  #layer: number
  #leafEnd: KeyRange | null = null
  #isAtLeaf = false

  /** At the root, which is of that layer. */
  constructor({ layer, data }: { layer: number; data: Digest }) {
    this.#nodes = Array.from({ length: layer + 2 }, () => new OpenNode())
    this.#layer = layer + 1
    this.#nodes[this.#layer]?.openRoot(data)
    this.#arrive()
  }

  get isOver(): boolean {
    return this.#layer === this.#nodes.length
  }

  /** Whether it is at a leaf, as a whole. */
  get isAtLeaf(): boolean {
    return this.#isAtLeaf
  }

  /** The key behind the leaf at which it is; null: there is none. */
  get leafEnd(): KeyRange | null {
    return this.#leafEnd
  }

  /** The key before the leaf at which it is; null: there is none. */
  get leafStart(): KeyRange | null {
    return this.#neighbour((node) => node.keyBefore)
  }

  /** The subtree at which it is, if that is of this layer. */
  subtree(layer: number): DigestAt | undefined {
    const node = this.#nodes[layer + 1]
    return this.#layer === layer + 1 && node?.isAtLink ? node.link : undefined
  }

  /** The record at which it is. */
  get record(): { key: KeyRange; value: DigestAt } | undefined {
    const node = this.#nodes[this.#layer]
    return node === undefined || node.isAtLink ? undefined : node
  }

  /** Into the subtree at which it is: to its first subtree or record, or behind so many records of a leaf. */
  enter(node: NodeBytes, recordsDone = 0): void {
    this.#layer--
    this.#nodes[this.#layer]?.open(node, recordsDone)
    this.advance()
  }

  /** To the next subtree or record; away from nodes that are done. */
  advance(): void {
    while (!this.isOver && !this.#nodes[this.#layer]?.advance()) this.#layer++
    this.#arrive()
  }

  #arrive(): void {
    this.#isAtLeaf = this.#layer === 1 && !this.isOver && this.#nodes[1]?.isAtLink === true
    this.#leafEnd = this.#isAtLeaf ? this.#neighbour((node) => node.keyAfter) : null
  }

  /** Of the subtree at which it is: the neighbouring key, which may be that of a higher node. */
  #neighbour(keyOf: (node: OpenNode) => KeyRange | null): KeyRange | null {
    for (let layer = this.#layer; layer < this.#nodes.length; layer++) {
      const key = keyOf(this.#nodes[layer] as OpenNode)
      if (key !== null) return key
    }
    return null
  }
}
