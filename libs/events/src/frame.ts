import { encode } from '@atcute/cbor'
import type { Seq } from '@heronry/core/ids'
import { type EventBody, type EventKind, eventKinds } from './event.ts'
import { frameBytesMax } from './limits.ts'

/**
 * The wire bytes of a numbered event: the frame's header, and the body with its seq spliced in. The same bytes as
 * `MessageFrame.toBytes()` of @atproto/xrpc-server.
 */
export function eventFrame({ kind, seqAt, body, seq }: EventBody & { seq: Seq }): Buffer {
  const header = headers[kind]
  const number = encode(seq)
  const length = header.length + body.length + number.length
  if (length > frameBytesMax) throw new Error(`A frame of ${length} bytes`)
  const frame = Buffer.allocUnsafe(length)
  frame.set(header)
  frame.set(body.subarray(0, seqAt), header.length)
  frame.set(number, header.length + seqAt)
  frame.set(body.subarray(seqAt), header.length + seqAt + number.length)
  return frame
}

const headers: Record<EventKind, Uint8Array> = {
  [eventKinds.commit]: encode({ op: 1, t: '#commit' }),
  [eventKinds.sync]: encode({ op: 1, t: '#sync' }),
  [eventKinds.identity]: encode({ op: 1, t: '#identity' }),
  [eventKinds.account]: encode({ op: 1, t: '#account' }),
  [eventKinds.deletion]: encode({ op: 1, t: '#account' }),
}

/** An #info: carries no seq, and the stream goes on. */
export function infoFrame(body: { name: 'OutdatedCursor'; message: string }): Buffer {
  return Buffer.concat([infoHeader, encode(body)])
}

const infoHeader = encode({ op: 1, t: '#info' })

/** The last frame of a stream that ends in an error; the socket is closed after it. */
export function errorFrame(body: { error: string; message: string }): Buffer {
  return Buffer.concat([errorHeader, encode(body)])
}

const errorHeader = encode({ op: -1 })
