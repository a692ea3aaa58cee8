/** Rows for `copyInto`, written into one piece of memory that grows with them. */
export class CopyWriter {
  #bytes = Buffer.allocUnsafeSlow(initialBytes)
  #at = 0

  get size(): number {
    return this.#at
  }

  /** Begins a row; so many fields follow. */
  row(fields: number): this {
    this.#makeRoom(2)
    this.#at = this.#bytes.writeInt16BE(fields, this.#at)
    return this
  }

  int2(value: number): this {
    this.#length(2)
    this.#at = this.#bytes.writeInt16BE(value, this.#at)
    return this
  }

  int8(value: bigint): this {
    this.#length(8)
    this.#at = this.#bytes.writeBigInt64BE(value, this.#at)
    return this
  }

  bytes(value: Uint8Array): this {
    this.#length(value.length)
    this.#bytes.set(value, this.#at)
    this.#at += value.length
    return this
  }

  /** ASCII. */
  text(value: string): this {
    this.#length(value.length)
    this.#at += this.#bytes.write(value, this.#at, 'latin1')
    return this
  }

  /** All rows; the next are written elsewhere. */
  take(): Buffer {
    const rows = this.#bytes.subarray(0, this.#at)
    this.#bytes = Buffer.allocUnsafeSlow(initialBytes)
    this.#at = 0
    return rows
  }

  #length(bytes: number): void {
    this.#makeRoom(4 + bytes)
    this.#at = this.#bytes.writeInt32BE(bytes, this.#at)
  }

  #makeRoom(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(2 * (this.#at + bytes))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}

const initialBytes = 65_536
