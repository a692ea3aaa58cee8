import type { Socket } from 'node:net'

/**
 * The rows of a `COPY … TO STDOUT (FORMAT binary)`, read like any cursor of Kysely's. A row is its fields: their number in two bytes,
 * then of each its length in four (-1: NULL) and its bytes.
 *
 * Nothing is taken from the socket while nobody reads: Postgres waits, and so does the snapshot of the statement.
 *
 * Invariant: the rows that `read` answers are views of the driver's own buffer, and last until the next `read`.
 */
export class CopyCursor {
  readonly #text: string
  #connection: CopyConnection | undefined
  #rows: Buffer[] = []
  #waiting: PromiseWithResolvers<Buffer[]> | null = null
  #isFirst = true
  #ended = false
  #error: Error | null = null

  constructor(text: string) {
    this.#text = text
  }

  /** The rows that one piece from the socket ended, in order; none: there are no more. Throws what Postgres or the network says. */
  read(): Promise<Buffer[]> {
    const waiting = Promise.withResolvers<Buffer[]>()
    this.#waiting = waiting
    this.#deliver()
    if (this.#waiting !== null) this.#connection?.stream.resume()
    return waiting.promise
  }

  /** A statement that was not read to its end takes its connection with it: Postgres stops at the next byte it writes. */
  async close(): Promise<void> {
    if (!this.#ended) this.#connection?.stream.destroy()
  }

  // What follows is called by the driver.

  submit(connection: CopyConnection): void {
    this.#connection = connection
    connection.query(this.#text)
  }

  handleCopyData({ chunk }: { chunk: Buffer }): void {
    const row = this.#isFirst ? chunk.subarray(fileHeaderBytes) : chunk
    this.#isFirst = false
    if (row.length <= fileTrailerBytes) return
    if (this.#rows.length === 0) {
      // The next piece, which the driver may write over this one, comes when `read` asks for it.
      this.#connection?.stream.pause()
      // Once this piece has been handed over to its end.
      queueMicrotask(() => this.#deliver())
    }
    this.#rows.push(row)
  }

  handleError(error: Error): void {
    this.#error = error
    this.#end()
  }

  handleReadyForQuery(): void {
    this.#end()
  }

  handleCommandComplete(): void {}

  #end(): void {
    this.#ended = true
    this.#connection?.stream.resume()
    this.#deliver()
  }

  #deliver(): void {
    if (this.#waiting === null || (this.#rows.length === 0 && !this.#ended)) return
    if (this.#rows.length === 0 && this.#error !== null) this.#waiting.reject(this.#error)
    else this.#waiting.resolve(this.#rows.splice(0))
    this.#waiting = null
  }
}

/** What is used of the driver's connection. */
interface CopyConnection {
  readonly stream: Socket
  query(text: string): void
}

/** Signature, flags and the length of an extension that there is none of. */
const fileHeaderBytes = 19

/** A row of -1 fields. */
const fileTrailerBytes = 2
