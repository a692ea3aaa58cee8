import { connect, type Socket } from 'node:net'
import { MessageReader, type MessageSink, opcodes } from './message-reader.ts'

export interface Endpoint {
  readonly host: string
  readonly port: number
  readonly cursor: number
  /** Its own address: an edge serves no more than a few subscribers of one. */
  readonly localAddress: string
}

/** Told of everything a subscriber gets. */
export interface Listener {
  data: MessageSink['data']
  closed(why: string): void
}

const readBytes = 1 << 18
const answerMsMax = 30_000
const headEnd = '\r\n\r\n'

/** A WebSocket client that does no more than reading costs: one buffer for all, no objects a message. */
export class Subscriber implements MessageSink {
  static readonly #buffer = Buffer.allocUnsafe(readBytes)
  readonly opened = Promise.withResolvers<void>()
  readonly #socket: Socket
  readonly #reader = new MessageReader()
  readonly #listener: Listener
  #answer: string | undefined = ''
  #paused = false

  constructor({ cursor, ...address }: Endpoint, listener: Listener) {
    this.#listener = listener
    const callback = (length: number, buffer: Uint8Array) => this.#read(buffer as Buffer, length)
    this.#socket = connect({ ...address, noDelay: true, onread: { buffer: Subscriber.#buffer, callback } })
    this.#socket.setTimeout(answerMsMax, () => this.#close('no answer'))
    this.#socket.on('error', (error) => this.#close(String(error)))
    this.#socket.on('close', () => this.#close('cut'))
    this.#socket.write(
      `GET /xrpc/com.atproto.sync.subscribeRepos?cursor=${cursor} HTTP/1.1\r\nHost: localhost:${address.port}\r\nConnection: Upgrade\r\n` +
        `Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}${headEnd}`,
    )
  }

  /** Reads nothing from now on. */
  pause(): void {
    this.#paused = true
    this.#socket.pause()
  }

  resume(): void {
    this.#paused = false
    this.#socket.resume()
  }

  data(bytes: Buffer, message: { length: number; at: number }): void {
    this.#listener.data(bytes, message)
  }

  control(opcode: number, payload: Buffer): void {
    if (opcode === opcodes.ping) this.#socket.write(masked(opcodes.pong, payload))
    if (opcode === opcodes.close) this.#close(`closed, ${payload.subarray(2).toString() || 'no reason'}`)
  }

  /** @returns whether to go on reading */
  #read(buffer: Buffer, length: number): boolean {
    const chunk = buffer.subarray(0, length)
    if (this.#answer === undefined) this.#reader.read(chunk, this)
    else this.#readAnswer(chunk)
    return !this.#paused
  }

  #readAnswer(chunk: Buffer): void {
    const answer = `${this.#answer}${chunk.toString('latin1')}`
    this.#answer = answer
    const end = answer.indexOf(headEnd)
    if (end < 0) return
    if (!answer.startsWith('HTTP/1.1 101 ')) {
      this.#close(answer.slice(0, 200))
      return
    }
    this.#answer = undefined
    this.#socket.setTimeout(0)
    this.opened.resolve()
    this.#reader.read(Buffer.from(answer.slice(end + headEnd.length), 'latin1'), this)
  }

  #close(why: string): void {
    this.#listener.closed(why)
    this.opened.reject(new Error(`A subscriber was not let in: ${why}`))
    this.opened.promise.catch(() => {})
    this.#socket.destroy()
  }
}

/** As a client must send it; the mask is nought. */
function masked(opcode: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.of(0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0), payload])
}
