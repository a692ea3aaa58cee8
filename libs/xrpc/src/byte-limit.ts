import { Transform, type TransformCallback } from 'node:stream'
import { bodyFault } from './body-fault.ts'

/**
 * Passes bytes on, and fails with `tooMany()` at the first chunk that goes past `bytesMax` in all. Whatever else ends it (a decoder
 * before it, a client that went) is told as a fault of the body.
 */
export class ByteLimit extends Transform {
  readonly #bytesMax: number
  readonly #tooMany: () => Error
  #count = 0

  constructor(bytesMax: number, tooMany: () => Error) {
    super()
    this.#bytesMax = bytesMax
    this.#tooMany = tooMany
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#count += chunk.length
    if (this.#count > this.#bytesMax) done(this.#tooMany())
    else done(null, chunk)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    done(error === null ? null : bodyFault(error))
  }
}
