import { Transform, type TransformCallback } from 'node:stream'

/** Passes bytes on, and fails with `tooMany()` at the first chunk that goes past `bytesMax` in all. */
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
}
