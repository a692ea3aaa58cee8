import { Readable } from 'node:stream'
import type { ChunkMemory } from './chunk-memory.ts'
import { pipeChunks } from './pipe-chunks.ts'
import type { Spool, Spools } from './spools.ts'

export interface PatientStreamOptions {
  /** Called with the first read. Whatever it throws ends the stream in that error. */
  readonly produce: (sink: Sink) => Promise<void>
  readonly spools: Spools
  readonly limits: PatientLimits
  /** Of what is written, for what is used: a chunk that a pipe has sent, or that is in a spool. */
  readonly memory?: ChunkMemory
}

export interface PatientLimits {
  /** Bytes kept in memory. */
  readonly bufferBytesMax: number
  /** How long the producer waits for the reader, all its waits together. */
  readonly patienceMs: number
  /** From the first read to the end. */
  readonly streamMsMax: number
}

export interface Sink {
  /** Resolves when more may come. Throws where the reader has left. */
  write(bytes: Buffer): Promise<void>
  /** Throws where the reader has left. */
  assertReader(): void
}

/**
 * Bytes from a producer that holds what others need (a snapshot) to a reader who may be slow: while the reader keeps up, nothing is kept;
 * one who does not makes the producer wait, until its patience is at an end. Then the rest goes into a spool, and the producer is done
 * as soon as it can.
 *
 * Invariant: bytes are read in the order they were written: first those in memory, then those of the spool; once there is a
 * spool, nothing is written to memory.
 */
export class PatientStream extends Readable {
  readonly #options: PatientStreamOptions
  readonly #chunks: Buffer[] = []
  #chunkBytes = 0
  #spool: Spool | null = null
  #patienceMs: number
  /** A read is due: the reader takes more. */
  #wanted = false
  #readingSpool = false
  #started = false
  #finished = false
  /** Wakes a producer that waits for room. */
  #onRoom: () => void = () => {}
  #deadline: NodeJS.Timeout | undefined

  constructor(options: PatientStreamOptions) {
    super()
    this.#options = options
    this.#patienceMs = options.limits.patienceMs
  }

  override _read(): void {
    this.#wanted = true
    if (!this.#started) this.#start()
    this.#serve()
  }

  override pipe<Destination extends NodeJS.WritableStream>(
    destination: Destination,
    { end = true }: { end?: boolean | undefined } = {},
  ): Destination {
    pipeChunks(this, { destination, end, onDone: (chunk) => this.#options.memory?.giveBack(chunk) })
    return destination
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    clearTimeout(this.#deadline)
    this.#onRoom()
    this.#chunks.length = 0
    const closed = this.#spool?.close() ?? Promise.resolve()
    closed.then(
      () => callback(error),
      (reason: Error) => callback(error ?? reason),
    )
  }

  #start(): void {
    this.#started = true
    const { produce, limits } = this.#options
    const tooLate = () => this.destroy(new Error(`A stream was not read in ${limits.streamMsMax} ms`))
    this.#deadline = setTimeout(tooLate, limits.streamMsMax)
    const sink = { write: (bytes: Buffer) => this.#write(bytes), assertReader: () => this.#assertReader() }
    produce(sink).then(
      () => {
        this.#finished = true
        this.#serve()
      },
      (error: Error) => this.destroy(error),
    )
  }

  async #write(bytes: Buffer): Promise<void> {
    this.#assertReader()
    if (this.#spool === null) {
      this.#chunks.push(bytes)
      this.#chunkBytes += bytes.length
      this.#serve()
      await this.#room()
    } else {
      await this.#spool.append(bytes)
      this.#options.memory?.giveBack(bytes)
      this.#serve()
    }
    this.#assertReader()
  }

  #assertReader(): void {
    if (this.destroyed) throw new Error('The reader has left')
  }

  /** Returns when memory has room, or the patience is at an end and there is a spool. */
  async #room(): Promise<void> {
    if (this.#chunkBytes < this.#options.limits.bufferBytesMax) return
    const askedAt = performance.now()
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(this.#patienceMs, 0))
      this.#onRoom = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#onRoom = () => {}
    this.#patienceMs -= performance.now() - askedAt
    if (this.destroyed || this.#chunkBytes < this.#options.limits.bufferBytesMax) return
    const spool = await this.#options.spools.open()
    // Who left meanwhile found no spool to close.
    if (this.destroyed) await spool.close()
    else this.#spool = spool
  }

  /** Gives the reader what it wants, as far as there is any. */
  #serve(): void {
    while (this.#wanted && this.#chunks.length > 0) {
      const chunk = this.#chunks.shift() as Buffer
      this.#chunkBytes -= chunk.length
      this.#give(chunk)
    }
    if (this.#chunkBytes < this.#options.limits.bufferBytesMax) this.#onRoom()
    if (!this.#wanted || this.#chunks.length > 0 || this.#readingSpool || this.destroyed) return
    if (this.#spool !== null && this.#spool.unread > 0) this.#serveSpool(this.#spool)
    else if (this.#finished) this.#give(null)
  }

  #serveSpool(spool: Spool): void {
    this.#readingSpool = true
    spool.read(spoolReadBytes).then(
      (bytes) => {
        this.#readingSpool = false
        if (this.destroyed) return
        this.#give(bytes)
        this.#serve()
      },
      (error: Error) => this.destroy(error),
    )
  }

  #give(bytes: Buffer | null): void {
    this.#wanted = false
    if (this.push(bytes)) this.#wanted = true
  }
}

const spoolReadBytes = 131_072
