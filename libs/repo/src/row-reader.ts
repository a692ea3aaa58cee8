/**
 * Reads rows one by one in the order of their keys, and asks for the next page when one is used up.
 *
 * Invariant: at most one page is in memory.
 */
export class RowReader<Row> {
  readonly #pageAfter: (last: Row | undefined) => Promise<Row[]>
  #page: Row[] = []
  #at = 0
  #ended = false

  /** `pageAfter` answers the rows behind `last`, some at least as long as there are any. */
  constructor(pageAfter: (last: Row | undefined) => Promise<Row[]>) {
    this.#pageAfter = pageAfter
  }

  /** The next row, which stays the next; undefined at the end. */
  async peek(): Promise<Row | undefined> {
    if (this.#at === this.#page.length && !this.#ended) {
      this.#page = await this.#pageAfter(this.#page.at(-1))
      this.#at = 0
      this.#ended = this.#page.length === 0
    }
    return this.#page[this.#at]
  }

  /** Steps over the row that `peek` showed. */
  skip(): void {
    this.#at++
  }
}
