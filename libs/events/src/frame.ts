import { encode } from '@atcute/cbor'
import type { Seq } from '@heronry/core/ids'
import { type EventBody, type EventKind, eventKinds } from './event.ts'
import { frameBytesMax } from './limits.ts'
import { uintBytes, writeUint } from './uint.ts'

/**
 * The wire bytes of a numbered event: the frame's header, and the body with its seq spliced in. The same bytes as
 * `MessageFrame.toBytes()` of @atproto/xrpc-server.
 */
export function eventFrame(event: EventBody & { seq: Seq }): Buffer {
  const frame = Buffer.allocUnsafe(eventFrameBytes(event))
  writeEventFrame(frame, 0, event)
  return frame
}

/** How many bytes that takes. Throws past the 5 MB of a frame. */
export function eventFrameBytes({ kind, body, seq }: EventBody & { seq: Seq }): number {
  return frameBytes({ kind, seq, bodyBytes: body.length })
}

/** Writes it to `target` at `at`, without a copy between. */
export function writeEventFrame(target: Buffer, at: number, event: EventBody & { seq: Seq }): void {
  const { kind, seqAt, body, seq } = event
  const header = headers[kind]
  const seqFrom = at + header.length + seqAt
  target.set(header, at)
  target.set(body.subarray(0, seqAt), at + header.length)
  writeUint(target, seqFrom, seq)
  target.set(body.subarray(seqAt), seqFrom + uintBytes(seq))
}

/** An event whose body stands in other bytes, from `at` to `end`. */
export interface FrameSource {
  readonly kind: EventKind
  readonly seq: Seq
  readonly seqAt: number
  readonly bytes: Buffer
  readonly at: number
  readonly end: number
}

/** As `eventFrameBytes`. */
export function copiedFrameBytes({ kind, seq, at, end }: FrameSource): number {
  return frameBytes({ kind, seq, bodyBytes: end - at })
}

/** As `writeEventFrame`, from bytes to bytes: nothing is made for the event. */
export function copyEventFrame(target: Buffer, at: number, source: FrameSource): void {
  const { kind, seq, seqAt, bytes } = source
  const header = headers[kind]
  const bodyAt = at + header.length
  target.set(header, at)
  bytes.copy(target, bodyAt, source.at, source.at + seqAt)
  writeUint(target, bodyAt + seqAt, seq)
  bytes.copy(target, bodyAt + seqAt + uintBytes(seq), source.at + seqAt, source.end)
}

function frameBytes({ kind, seq, bodyBytes }: { kind: EventKind; seq: Seq; bodyBytes: number }): number {
  const length = headers[kind].length + bodyBytes + uintBytes(seq)
  if (length > frameBytesMax) throw new Error(`A frame of ${length} bytes`)
  return length
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
