import type { Socket } from 'node:net'
import { CopyFramer } from './copy-framer.ts'
import { copyAheadBytesMax } from './limits.ts'

/**
 * The rows of a `COPY … TO STDOUT (FORMAT binary)`, read like any cursor of Kysely's, in pieces as they come from the socket: the driver
 * would make a view, an object and an event of every row. From `submit` to ReadyForQuery the cursor stands between the socket and the
 * driver, which is handed all other messages.
 *
 * Invariant: the pieces that `read` answers last until the next `read`; then the memory of what came from the socket is given back. Left to
 * the collector, each read would take new pages from the system: 50 MB and a fifth of an export's CPU.
 *
 * Little is taken from the socket while nobody reads (copyAheadBytesMax): Postgres waits, and so does the snapshot of the statement.
 */
export class CopyCursor {
  readonly #text: string
  readonly #framer = new CopyFramer({
    rows: (piece) => this.#pieces.push(piece),
    other: (message) => this.#forward(message),
  })
  #connection: CopyConnection | undefined
  /** The driver's own listener. */
  #driver: (bytes: Buffer) => void = () => {}
  #pieces: Buffer[] = []
  /** What came from the socket, in which the pieces are, and that of the pieces which `read` answered last. */
  #chunks: Buffer[] = []
  #lent: Buffer[] = []
  #bytes = 0
  #waiting: PromiseWithResolvers<Buffer[]> | null = null
  #ended = false
  #error: Error | null = null

  constructor(text: string) {
    this.#text = text
  }

  /** What has come since, in order; nothing: there is no more. Throws what Postgres or the network says. */
  read(): Promise<Buffer[]> {
    this.#giveBack()
    const waiting = Promise.withResolvers<Buffer[]>()
    this.#waiting = waiting
    this.#deliver()
    return waiting.promise
  }

  /** A statement that was not read to its end takes its connection with it: Postgres stops at the next byte it writes. */
  async close(): Promise<void> {
    this.#giveBack()
    if (!this.#ended) this.#connection?.stream.destroy()
  }

  // What follows is called by the driver.

  submit(connection: CopyConnection): void {
    this.#connection = connection
    const { stream } = connection
    const [driver, ...others] = stream.listeners('data') as ((bytes: Buffer) => void)[]
    if (driver === undefined || others.length > 0)
      throw new Error('The socket has other readers than the driver')
    this.#driver = driver
    stream.off('data', driver).on('data', this.#take)
    connection.query(this.#text)
  }

  handleError(error: Error): void {
    this.#error = error
    this.#end()
  }

  handleReadyForQuery(): void {
    this.#end()
  }

  handleCommandComplete(): void {}

  readonly #take = (chunk: Buffer) => {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    this.#framer.take(chunk)
    // A row may be larger than that.
    if (this.#bytes >= copyAheadBytesMax && this.#pieces.length > 0) this.#connection?.stream.pause()
    this.#deliver()
  }

  #forward(message: Buffer): void {
    if (message[0] === readyForQuery)
      this.#connection?.stream.off('data', this.#take).on('data', this.#driver)
    this.#driver(message)
  }

  #end(): void {
    this.#ended = true
    this.#connection?.stream.resume()
    this.#deliver()
  }

  #deliver(): void {
    if (this.#waiting === null || (this.#pieces.length === 0 && !this.#ended)) return
    if (this.#pieces.length === 0 && this.#error !== null) this.#waiting.reject(this.#error)
    else this.#waiting.resolve(this.#pieces)
    this.#waiting = null
    this.#lent = this.#chunks
    this.#chunks = []
    this.#pieces = []
    if (this.#bytes >= copyAheadBytesMax) this.#connection?.stream.resume()
    this.#bytes = 0
  }

  #giveBack(): void {
    for (const { buffer, length } of this.#lent) {
      if (buffer instanceof ArrayBuffer && buffer.byteLength === length) buffer.transfer(0)
    }
    this.#lent = []
  }
}

/** What is used of the driver's connection. */
interface CopyConnection {
  readonly stream: Socket
  query(text: string): void
}

const readyForQuery = 'Z'.charCodeAt(0)
