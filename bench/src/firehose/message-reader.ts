/** What a stream of WebSocket messages (RFC 6455 §5.2) says, as it comes. */
export interface MessageSink {
  /** A part of a binary message, of `length` bytes as a whole; `bytes` is good during the call only. */
  data(bytes: Buffer, message: { length: number; at: number }): void
  /** A ping, pong or close, whole. */
  control(opcode: number, payload: Buffer): void
}

export const opcodes = { binary: 2, close: 8, ping: 9, pong: 10 }

const headBytesMax = 10

/** Reads unmasked, unfragmented messages from chunks that are cut anywhere. Copies nothing but heads and control messages. */
export class MessageReader {
  readonly #head = Buffer.alloc(headBytesMax)
  #headLength = 0
  #opcode = 0
  #length = 0
  /** Bytes of the payload that have come; -1 while its head is read. */
  #at = -1
  #control: Buffer[] = []

  read(chunk: Buffer, sink: MessageSink): void {
    let place = 0
    while (place < chunk.length) {
      if (this.#at < 0) {
        this.#head[this.#headLength++] = chunk[place++] as number
        if (this.#headLength < headLengthOf(this.#head, this.#headLength)) continue
        this.#begin()
      } else {
        const end = Math.min(chunk.length, place + this.#length - this.#at)
        this.#take(chunk.subarray(place, end), sink)
        place = end
      }
      if (this.#at === this.#length) this.#end(sink)
    }
  }

  #begin(): void {
    const [first = 0, second = 0] = this.#head
    if ((first & 0xf0) !== 0x80 || (second & 0x80) !== 0)
      throw new Error('A message that is cut, compressed or masked')
    this.#opcode = first & 0x0f
    if (second < 126) this.#length = second
    else this.#length = second === 126 ? this.#head.readUInt16BE(2) : Number(this.#head.readBigUInt64BE(2))
    this.#at = 0
  }

  #take(bytes: Buffer, sink: MessageSink): void {
    const message = { length: this.#length, at: this.#at }
    this.#at += bytes.length
    if (this.#opcode === opcodes.binary) sink.data(bytes, message)
    else this.#control.push(Buffer.from(bytes))
  }

  #end(sink: MessageSink): void {
    if (this.#opcode !== opcodes.binary) sink.control(this.#opcode, Buffer.concat(this.#control))
    this.#control = []
    this.#headLength = 0
    this.#at = -1
  }
}

function headLengthOf(head: Buffer, known: number): number {
  if (known < 2) return 2
  const length = head[1]
  return length === 126 ? 4 : length === 127 ? 10 : 2
}
