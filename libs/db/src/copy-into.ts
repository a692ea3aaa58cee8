import type { Socket } from 'node:net'
import type pg from 'pg'
import { type Database, poolClient } from './database.ts'

/** The beginning and the end of a file of COPY (FORMAT binary): signature, flags and length of an extension; then -1 for the number of fields. */
const fileHeader = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const fileTrailer = Buffer.from([0xff, 0xff])

/**
 * Appends rows to a table: `target` is its name and columns, `rows` are pieces of rows in the form of COPY (FORMAT binary), of each the number of
 * its fields in two bytes, then of each field its length in four (-1: NULL) and its bytes. All rows are there when it resolves, or none.
 *
 * In a transaction of its own, of one statement: it must be brief (`statement_timeout`).
 */
export async function copyInto(db: Database, target: string, rows: readonly Buffer[]): Promise<void> {
  const client = await poolClient(db)
  const copying = new CopyIn(`COPY ${target} FROM STDIN (FORMAT binary)`, [fileHeader, ...rows, fileTrailer])
  try {
    client.query(copying as unknown as pg.Submittable)
    await copying.done
    client.release()
  } catch (error) {
    // What state the connection is in is not worth finding out.
    client.release(true)
    throw error
  }
}

/** A statement as the driver runs it; its methods are called by the driver. */
class CopyIn {
  readonly #text: string
  readonly #pieces: readonly Buffer[]
  readonly #ended = Promise.withResolvers<void>()

  constructor(text: string, pieces: readonly Buffer[]) {
    this.#text = text
    this.#pieces = pieces
  }

  get done(): Promise<void> {
    return this.#ended.promise
  }

  submit(connection: CopyConnection): void {
    connection.query(this.#text)
  }

  handleCopyInResponse(connection: CopyConnection): void {
    connection.stream.cork()
    for (const piece of this.#pieces) connection.sendCopyFromChunk(piece)
    connection.endCopyFrom()
    connection.stream.uncork()
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.#ended.resolve()
  }

  handleError(error: Error): void {
    this.#ended.reject(error)
  }
}

/** What is used of the driver's connection. */
interface CopyConnection {
  readonly stream: Socket
  query(text: string): void
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
}
