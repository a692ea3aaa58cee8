import { type Digest, sha256 } from '@heronry/core/cid'
import type { NodeRow } from './diff-rows.ts'
import { encodeEntries } from './encode-node.ts'
import { keyLayer } from './key-layer.ts'
import type { KeyValue } from './load-node.ts'
import { type TreeNode, unloadedNode } from './tree-node.ts'

/**
 * Builds a tree from its records in one pass: every node is handed out once, children before parents, and then forgotten. Memory is one
 * open node a layer.
 *
 * Records must come in ascending order of path. `finish` hands out what is left and returns the root.
 */
export class TreeBuilder {
  readonly #emit: (row: NodeRow) => void
  readonly #open: OpenNode[] = []
  #last = ''

  constructor(emit: (row: NodeRow) => void) {
    this.#emit = emit
  }

  add({ path, cid }: KeyValue): void {
    if (path <= this.#last) throw new Error('Records come out of order')
    this.#last = path
    const layer = keyLayer(path)
    while (this.#open.length <= layer) this.#open.push(newOpenNode(''))
    this.#close(layer, path)
    const node = this.#open[layer] as OpenNode
    node.keys.push(path)
    node.values.push(cid)
    node.children.push(null)
  }

  /** The root as an unloaded node: its layer and digest. */
  finish(): TreeNode {
    const top = Math.max(this.#open.length - 1, 0)
    if (this.#open.length === 0) this.#open.push(newOpenNode(''))
    this.#close(top, '')
    return unloadedNode(top, '', this.#encode(this.#open[top] as OpenNode, top))
  }

  /** Ends the open nodes below `layer`, each as the last child of the one above; the next ones stand right of `lo`. */
  #close(layer: number, lo: string): void {
    for (let below = 0; below < layer; below++) {
      const node = this.#open[below] as OpenNode
      const empty = node.keys.length === 0 && node.children[0] === null
      const parent = this.#open[below + 1] as OpenNode
      parent.children[parent.children.length - 1] = empty ? null : this.#encode(node, below)
      this.#open[below] = newOpenNode(lo)
    }
  }

  #encode({ lo, keys, values, children }: OpenNode, layer: number): Digest {
    const nodes = children.map((digest) => digest && unloadedNode(layer - 1, '', digest))
    const body = encodeEntries({ keys, values, children: nodes })
    const cid = sha256(body)
    this.#emit({ layer, lo, cid, body })
    return cid
  }
}

interface OpenNode {
  readonly lo: string
  readonly keys: string[]
  readonly values: Digest[]
  readonly children: (Digest | null)[]
}

function newOpenNode(lo: string): OpenNode {
  return { lo, keys: [], values: [], children: [null] }
}
