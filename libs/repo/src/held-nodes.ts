import { type KeyRange, keysEqual } from '@heronry/mst/key-range'
import type { ByteRange, PieceRows } from './piece-rows.ts'

/** A stored node's body, and what its row says of where it stands. */
export interface NodeRow extends ByteRange, KeyRange {
  readonly bytes: Buffer
  readonly layer: number
}

/**
 * Rows of equal keys come in any order; in the tree's preorder, the record comes first, then the nodes right of it from the highest
 * layer down. So nodes are held back until a row of another key comes: never more than one key's.
 */
export class HeldNodes {
  #held: NodeRow[] = []

  /** Whether the row has another key than the nodes that are held back: they come before it. */
  areBefore(row: PieceRows): boolean {
    const first = this.#held[0]
    return first !== undefined && !keysEqual(row, first)
  }

  /** The row is copied: it may go before another comes. */
  add({ bytes, layer, keyAt, keyEnd, at, end }: PieceRows): void {
    const copy = Buffer.from(bytes.subarray(keyAt, end))
    this.#held.push({
      bytes: copy,
      layer,
      keyAt: 0,
      keyEnd: keyEnd - keyAt,
      at: at - keyAt,
      end: copy.length,
    })
  }

  take(): readonly NodeRow[] {
    const held = this.#held
    if (held.length === 0) return held
    this.#held = []
    return held.length === 1 ? held : held.sort((left, right) => right.layer - left.layer)
  }
}
