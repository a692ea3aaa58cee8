import { randomUUID } from 'node:crypto'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { HeronryError } from '@heronry/core/error'
import { spoolBytesMax, spoolsBytesMax } from './read-limits.ts'

export interface SpoolLimits {
  /** Bytes of one spool. */
  readonly spoolBytesMax: number
  /** Bytes of all of them. */
  readonly spoolsBytesMax: number
}

/**
 * Files in one folder, in which the bytes of exports wait for slow readers.
 *
 * A file has no name any more once it is open: however the process ends, its space is given back. One write or read is under way at
 * a time, of all of them: a disk that is slow holds one thread of the process's four, and the others go on verifying tokens.
 */
export class Spools {
  readonly #folder: string
  readonly #limits: SpoolLimits
  #bytes = 0
  #last: Promise<unknown> = Promise.resolve()

  constructor(folder: string, limits: SpoolLimits = { spoolBytesMax, spoolsBytesMax }) {
    this.#folder = folder
    this.#limits = limits
  }

  /** Bytes of those that are open. */
  get bytes(): number {
    return this.#bytes
  }

  async open(): Promise<Spool> {
    const path = join(this.#folder, `heronry-export-${randomUUID()}`)
    const file = await open(path, 'wx+', 0o600)
    await unlink(path)
    return new Spool(file, {
      reserve: (size, added) => {
        const { spoolBytesMax, spoolsBytesMax } = this.#limits
        if (size + added > spoolBytesMax || this.#bytes + added > spoolsBytesMax) {
          throw new HeronryError(
            'ServiceUnavailable',
            'Too much is waiting for slow readers: try again later',
          )
        }
        this.#bytes += added
      },
      giveBack: (size) => {
        this.#bytes -= size
      },
      inTurn: (operation) => this.#inTurn(operation),
    })
  }

  #inTurn<T>(operation: () => Promise<T>): Promise<T> {
    const done = this.#last.then(operation)
    // Whoever asked hears of a failure; the next one's turn comes all the same.
    this.#last = done.catch(() => {})
    return done
  }
}

interface SpoolSpace {
  reserve(size: number, added: number): void
  giveBack(size: number): void
  inTurn<T>(operation: () => Promise<T>): Promise<T>
}

/** Bytes written at one end and read at the other; one append and one read at a time. */
export class Spool {
  readonly #file: FileHandle
  readonly #space: SpoolSpace
  #reserved = 0
  #written = 0
  #read = 0

  constructor(file: FileHandle, space: SpoolSpace) {
    this.#file = file
    this.#space = space
  }

  /** Bytes that were appended and not read yet. */
  get unread(): number {
    return this.#written - this.#read
  }

  /** Throws `ServiceUnavailable` past a limit, and nothing is written. */
  async append(bytes: Uint8Array): Promise<void> {
    this.#space.reserve(this.#reserved, bytes.length)
    this.#reserved += bytes.length
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.#space.inTurn(() =>
        this.#file.write(bytes, at, bytes.length - at, this.#written),
      )
      at += bytesWritten
      this.#written += bytesWritten
    }
  }

  /** The next of the unread bytes, up to `bytesMax`. */
  async read(bytesMax: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafeSlow(Math.min(bytesMax, this.unread))
    const { bytesRead } = await this.#space.inTurn(() => this.#file.read(bytes, 0, bytes.length, this.#read))
    this.#read += bytesRead
    return bytes.subarray(0, bytesRead)
  }

  async close(): Promise<void> {
    this.#space.giveBack(this.#reserved)
    this.#reserved = 0
    await this.#file.close()
  }
}
