import { once } from 'node:events'
import { decodeAll } from '@atproto/lex-cbor'
import type { Cid } from '@atproto/lex-data'
import WebSocket from 'ws'

export interface CommitOp {
  action: 'create' | 'update' | 'delete'
  path: string
  cid: Cid | null
  prev?: Cid
}

/** A message of subscribeRepos as an independent consumer sees it. */
export interface FirehoseMessage {
  type: '#commit' | '#sync' | '#identity' | '#account' | '#info' | 'error'
  seq: number
  /** The DID, whatever the message calls it. */
  did: string
  // The wire's own fields; what they must be is the test's business.
  body: Record<string, unknown> & {
    rev?: string
    since?: string | null
    commit?: Cid
    prevData?: Cid
    blocks?: Uint8Array
    ops?: CommitOp[]
  }
}

/** Follows subscribeRepos with nothing of Heronry's own: a socket, a CBOR decoder. */
export class FirehoseConsumer implements AsyncDisposable {
  readonly messages: FirehoseMessage[] = []
  /** Resolves when the socket is gone, whoever closed it. */
  readonly closed: Promise<void>
  readonly #socket: WebSocket
  #wake: () => void = () => {}

  private constructor(socket: WebSocket) {
    this.#socket = socket
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
    socket.on('message', (data: Buffer) => {
      this.messages.push(decodeFrame(data))
      this.#wake()
    })
    socket.on('error', () => {})
  }

  static async follow(
    houseUrl: string,
    { cursor, headers }: { cursor?: number; headers?: Record<string, string> } = {},
  ): Promise<FirehoseConsumer> {
    const url = new URL('/xrpc/com.atproto.sync.subscribeRepos', houseUrl.replace('http', 'ws'))
    if (cursor !== undefined) url.searchParams.set('cursor', String(cursor))
    const socket = new WebSocket(url, { headers })
    const consumer = new FirehoseConsumer(socket)
    await once(socket, 'open')
    return consumer
  }

  /** Resolves with the messages once `enough` holds for them; rejects after `deadlineMs`. */
  async until(
    enough: (messages: FirehoseMessage[]) => boolean,
    deadlineMs = 15_000,
  ): Promise<FirehoseMessage[]> {
    const deadline = Date.now() + deadlineMs
    while (!enough(this.messages)) {
      const left = deadline - Date.now()
      if (left <= 0) throw new Error(`The firehose fell silent after ${this.messages.length} messages`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    return this.messages
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return
    this.#socket.close()
    await this.closed
  }
}

export function decodeFrame(data: Buffer): FirehoseMessage {
  const [header, body] = [...decodeAll(data)] as [Record<string, unknown>, FirehoseMessage['body']]
  const type = header['op'] === 1 ? (header['t'] as FirehoseMessage['type']) : 'error'
  return { type, seq: Number(body['seq'] ?? 0), did: String(body['repo'] ?? body['did'] ?? ''), body }
}
