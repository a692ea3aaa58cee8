/**
 * Memory for the chunks of one stream, which serves again when their reader is done with them. Left to the collector, each chunk would take
 * new pages from the system, until half a hundred megabytes have gathered.
 */
export class ChunkMemory {
  readonly chunkBytes: number
  readonly #free: Buffer[] = []

  constructor(chunkBytes: number) {
    this.chunkBytes = chunkBytes
  }

  /** So many bytes, whatever stood there. */
  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.chunkBytes)
  }

  /** Nobody reads `chunk`, the beginning of what was taken, any more. Other memory than ours is left alone. */
  giveBack(chunk: Buffer): void {
    if (chunk.byteOffset === 0 && chunk.buffer.byteLength === this.chunkBytes) {
      this.#free.push(Buffer.from(chunk.buffer))
    }
  }
}
