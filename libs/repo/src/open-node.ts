import type { Digest, DigestAt } from '@heronry/core/cid'
import type { KeyRange } from '@heronry/mst/key-range'
import { type NodeBytes, NodeLayout } from '@heronry/mst/node-layout'

/** A node of a tree and how far a walk from left to right has come in it: at a subtree, or at the record behind it. */
export class OpenNode {
  readonly #layout = new NodeLayout()
  #bytes: Buffer = Buffer.alloc(0)
  /** The subtree before key n is at 2n, the record of key n at 2n + 1. */
  #at = 0

  /** Before everything in it but so many records. What was open before is forgotten. */
  open(node: NodeBytes, recordsDone: number): void {
    this.#layout.read(node)
    this.#bytes = node.bytes
    this.#at = 2 * recordsDone - 1
  }

  /** As a node without records, whose one subtree is the root of a tree; at it. */
  openRoot(data: Digest): void {
    this.#bytes = Buffer.from(data)
    this.#layout.linkAts[0] = 0
    this.#at = 0
  }

  get isAtLink(): boolean {
    return this.#at % 2 === 0
  }

  /** The subtree at which the walk is. */
  get link(): DigestAt {
    return { bytes: this.#bytes, at: this.#layout.linkAts[this.#at / 2] as number }
  }

  /** The key of the record at which the walk is. */
  get key(): KeyRange {
    return this.#layout.key((this.#at - 1) / 2)
  }

  get value(): DigestAt {
    return { bytes: this.#bytes, at: this.#layout.valueAts[(this.#at - 1) / 2] as number }
  }

  /** The keys of this node left and right of the subtree at which the walk is. */
  get keyBefore(): KeyRange | null {
    return this.#at === 0 ? null : this.#layout.key(this.#at / 2 - 1)
  }

  get keyAfter(): KeyRange | null {
    return this.#at === 2 * this.#layout.count ? null : this.#layout.key(this.#at / 2)
  }

  /** To the next that is there. False: the walk is through. */
  advance(): boolean {
    this.#at++
    if (this.isAtLink && this.#layout.linkAts[this.#at / 2] === -1) this.#at++
    return this.#at <= 2 * this.#layout.count
  }
}
