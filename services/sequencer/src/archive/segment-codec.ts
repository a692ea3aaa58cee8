import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import type { ActorId, CommunityId, Seq } from '@heronry/core/ids'
import type { EventKind } from '@heronry/events/event'
import type { NumberedEvent } from '../edge/read-events.ts'
import { segmentBytesMax } from '../limits.ts'

/**
 * A segment, before zstd: the events by seq, each a head of fixed length and its body, end to end.
 *
 *     seq u64 · actor id i64 · community id u32 · hour u32 · seq offset u32 · body length u32 · kind u8 · body
 */
const headBytes = 33

/** What zlib hands out at once: with its 16 kB, a segment costs three times as much (15 ms instead of 5, for 8 MB). */
const chunkSize = 1_000_000

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

export function segmentBytesOf({ body }: { body: Uint8Array }): number {
  return headBytes + body.length
}

export async function encodeSegment(events: readonly NumberedEvent[]): Promise<Buffer> {
  const length = events.reduce((sum, event) => sum + segmentBytesOf(event), 0)
  if (length > segmentBytesMax) throw new Error(`A segment of ${length} bytes`)
  const bytes = Buffer.allocUnsafe(length)
  let at = 0
  for (const event of events) {
    writeHead(bytes, at, event)
    bytes.set(event.body, at + headBytes)
    at += segmentBytesOf(event)
  }
  return await compress(bytes, { chunkSize })
}

/** The events, their bodies in one piece of memory. Throws where it is no segment, or too large a one. */
export async function decodeSegment(compressed: Uint8Array): Promise<NumberedEvent[]> {
  const bytes = await decompress(compressed, { chunkSize, maxOutputLength: segmentBytesMax })
  const events: NumberedEvent[] = []
  for (let at = 0; at < bytes.length; ) {
    const event = readEvent(bytes, at)
    events.push(event)
    at += segmentBytesOf(event)
  }
  return events
}

function writeHead(bytes: Buffer, at: number, event: NumberedEvent): void {
  bytes.writeBigUInt64BE(BigInt(event.seq), at)
  bytes.writeBigInt64BE(event.actorId, at + 8)
  bytes.writeUInt32BE(event.communityId, at + 16)
  bytes.writeUInt32BE(event.hour, at + 20)
  bytes.writeUInt32BE(event.seqAt, at + 24)
  bytes.writeUInt32BE(event.body.length, at + 28)
  bytes.writeUInt8(event.kind, at + 32)
}

function readEvent(bytes: Buffer, at: number): NumberedEvent {
  const end = at + headBytes + bytes.readUInt32BE(at + 28)
  if (end > bytes.length) throw new Error('A segment that ends within an event')
  return {
    seq: Number(bytes.readBigUInt64BE(at)) as Seq,
    actorId: bytes.readBigInt64BE(at + 8) as ActorId,
    communityId: bytes.readUInt32BE(at + 16) as CommunityId,
    hour: bytes.readUInt32BE(at + 20),
    seqAt: bytes.readUInt32BE(at + 24),
    kind: bytes.readUInt8(at + 32) as EventKind,
    body: bytes.subarray(at + headBytes, end),
  }
}
