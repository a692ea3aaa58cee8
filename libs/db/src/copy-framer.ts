export interface FramerOutput {
  /** Rows, each in its whole message, one after the other. */
  rows(piece: Buffer): void
  /** A copy of one other message; with ReadyForQuery, whatever came behind it. */
  other(message: Buffer): void
}

/**
 * Tells the rows of a `COPY … TO STDOUT (FORMAT binary)` from Postgres's other messages, in what a socket yields. A message is a letter,
 * in four bytes the length of what follows the letter, and its body (https://www.postgresql.org/docs/current/protocol-message-formats.html);
 * Postgres sends each row in a message of its own.
 *
 * Pieces are views of what came from the socket, but for a row that two reads share; nothing else of it is kept.
 */
export class CopyFramer {
  readonly #output: FramerOutput
  /** The beginning of a message whose end has not come. */
  #rest: Buffer = nothing
  #isAtFileHeader = true

  constructor(output: FramerOutput) {
    this.#output = output
  }

  take(bytes: Buffer): void {
    const at = this.#rest.length === 0 ? 0 : this.#complete(bytes)
    if (at < bytes.length) this.#split(at === 0 ? bytes : bytes.subarray(at))
  }

  /** Answers how many of `bytes` belong to the message that has begun. */
  #complete(bytes: Buffer): number {
    const begun = this.#rest
    const head = begun.length < headBytes ? Buffer.concat([begun, bytes.subarray(0, headBytes)]) : begun
    const missing = head.length < headBytes ? bytes.length : messageEnd(head, 0) - begun.length
    this.#rest = nothing
    this.#split(Buffer.concat([begun, bytes.subarray(0, missing)]))
    return Math.min(missing, bytes.length)
  }

  #split(bytes: Buffer): void {
    const { length } = bytes
    let rowsAt = 0
    let at = 0
    while (at + headBytes <= length) {
      const end = messageEnd(bytes, at)
      if (end > length) break
      if (this.#isAtFileHeader && bytes[at] === copyData) {
        this.#isAtFileHeader = false
        at = withoutFileHeader(bytes, at)
        rowsAt = at
      }
      if (bytes[at] !== copyData || end - at <= trailerBytes) {
        this.#giveRows(bytes, { from: rowsAt, end: at })
        if (bytes[at] === readyForQuery) {
          this.#output.other(Buffer.from(bytes.subarray(at)))
          return
        }
        if (bytes[at] !== copyData) this.#output.other(Buffer.from(bytes.subarray(at, end)))
        rowsAt = end
      }
      at = end
    }
    this.#giveRows(bytes, { from: rowsAt, end: at })
    this.#rest = at === length ? nothing : Buffer.from(bytes.subarray(at))
  }

  #giveRows(bytes: Buffer, { from, end }: { from: number; end: number }): void {
    if (end > from) this.#output.rows(bytes.subarray(from, end))
  }
}

function messageEnd(bytes: Buffer, at: number): number {
  return at + 1 + bytes.readUInt32BE(at + 1)
}

/** The first message begins with the header of the file: written anew behind it, it is one like all others. Answers where. */
function withoutFileHeader(bytes: Buffer, at: number): number {
  const rowAt = at + fileHeaderBytes
  const length = bytes.readUInt32BE(at + 1) - fileHeaderBytes
  bytes[rowAt] = copyData
  bytes.writeUInt32BE(length, rowAt + 1)
  return rowAt
}

const nothing = Buffer.alloc(0)
/** A message's letter and length. */
const headBytes = 5
const copyData = 'd'.charCodeAt(0)
const readyForQuery = 'Z'.charCodeAt(0)
/** Signature, flags and the length of an extension that there is none of. */
const fileHeaderBytes = 19
/** The message of a row of -1 fields, with which the file ends. */
const trailerBytes = headBytes + 2
