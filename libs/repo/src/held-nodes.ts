import { ExportRow } from './export-query.ts'

/**
 * Rows of equal keys come in any order; in the tree's preorder, the record comes first, then the nodes right of it from the highest
 * layer down. So nodes are held back until a row of another key comes: never more than one key's.
 */
export class HeldNodes {
  readonly #held: { readonly layer: number; readonly bytes: Buffer }[] = []
  readonly #first = new ExportRow()
  readonly #row = new ExportRow()

  /** Whether `row` has another key than the nodes that are held back: they come before it. */
  areBefore(row: ExportRow): boolean {
    return this.#held.length > 0 && !row.hasKey(this.#first.key)
  }

  add({ layer, bytes }: ExportRow): void {
    const copy = Buffer.from(bytes)
    if (this.#held.length === 0) this.#first.read(copy)
    this.#held.push({ layer, bytes: copy })
  }

  *take(): Generator<ExportRow> {
    const nodes = this.#held.splice(0).sort((left, right) => right.layer - left.layer)
    for (const { bytes } of nodes) yield this.#row.read(bytes)
  }
}
