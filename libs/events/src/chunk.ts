import type { ActorId, CommunityId, Seq } from '@heronry/core/ids'
import type { EventBody, EventKind } from './event.ts'

/** An event with its number, and whom it concerns. */
export interface ChunkEvent extends EventBody {
  readonly seq: Seq
  readonly communityId: CommunityId
  readonly actorId: ActorId
}

/**
 * A piece of the numbering, as the leader hands it to the edges: every event with after < seq <= upto, by seq. Without events and
 * with `after` = `upto`, it says how far numbering is, and no more.
 */
export interface Chunk {
  readonly after: Seq
  readonly upto: Seq
  /** When the leader knew that they have numbers, by its clock, in milliseconds since 1970. */
  readonly stampedAt: number
  readonly events: readonly ChunkEvent[]
}

/**
 * The bytes of an entry of the stream:
 *
 *     version u8 · after u64 · upto u64 · stamped at u64 · events
 *     an event: seq u64 · actor id i64 · community id u32 · seq offset u32 · body length u32 · kind u8 · body
 *
 * Bodies are as `event` stores them: each edge splices the seq in, for all its subscribers at once.
 */
export function encodeChunk({ after, upto, stampedAt, events }: Chunk): Buffer {
  const length = events.reduce((sum, { body }) => sum + eventHeadBytes + body.length, chunkHeadBytes)
  const bytes = Buffer.allocUnsafe(length)
  bytes[0] = version
  bytes.writeBigUInt64BE(BigInt(after), 1)
  bytes.writeBigUInt64BE(BigInt(upto), 9)
  bytes.writeBigUInt64BE(BigInt(stampedAt), 17)
  let at = chunkHeadBytes
  for (const event of events) {
    writeHead(bytes, at, event)
    bytes.set(event.body, at + eventHeadBytes)
    at += eventHeadBytes + event.body.length
  }
  return bytes
}

/** The chunk, its bodies in the memory of `bytes`; undefined where it is of another version. Throws where it is cut. */
export function decodeChunk(bytes: Buffer): Chunk | undefined {
  if (bytes[0] !== version) return undefined
  const events: ChunkEvent[] = []
  for (let at = chunkHeadBytes; at < bytes.length; ) {
    const event = readEvent(bytes, at)
    events.push(event)
    at += eventHeadBytes + event.body.length
  }
  return {
    after: Number(bytes.readBigUInt64BE(1)) as Seq,
    upto: Number(bytes.readBigUInt64BE(9)) as Seq,
    stampedAt: Number(bytes.readBigUInt64BE(17)),
    events,
  }
}

const version = 1
const chunkHeadBytes = 25
const eventHeadBytes = 29

function writeHead(bytes: Buffer, at: number, event: ChunkEvent): void {
  bytes.writeBigUInt64BE(BigInt(event.seq), at)
  bytes.writeBigInt64BE(event.actorId, at + 8)
  bytes.writeUInt32BE(event.communityId, at + 16)
  bytes.writeUInt32BE(event.seqAt, at + 20)
  bytes.writeUInt32BE(event.body.length, at + 24)
  bytes.writeUInt8(event.kind, at + 28)
}

function readEvent(bytes: Buffer, at: number): ChunkEvent {
  const bodyAt = at + eventHeadBytes
  const end = bodyAt > bytes.length ? bodyAt : bodyAt + bytes.readUInt32BE(at + 24)
  if (end > bytes.length) throw new Error('A chunk that ends within an event')
  return {
    seq: Number(bytes.readBigUInt64BE(at)) as Seq,
    actorId: bytes.readBigInt64BE(at + 8) as ActorId,
    communityId: bytes.readUInt32BE(at + 16) as CommunityId,
    seqAt: bytes.readUInt32BE(at + 20),
    kind: bytes.readUInt8(at + 28) as EventKind,
    body: bytes.subarray(bodyAt, end),
  }
}
