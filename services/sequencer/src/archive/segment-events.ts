import type { ActorId, CommunityId, Seq } from '@heronry/core/ids'
import type { EventKind } from '@heronry/events/event'
import type { FrameSource } from '@heronry/events/frame'
import { headBytes, headFields } from './segment-codec.ts'

/** The events of a segment that was decompressed, one at a time, where they stand. Nothing may be read before the first `moveTo`. */
export class SegmentEvents implements FrameSource {
  readonly bytes: Buffer
  /** The body. */
  at = 0
  end = 0
  #head = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  /** To the event whose head stands there; the next one's stands at its `end`. Throws where the segment ends within it. */
  moveTo(head: number): void {
    const { bytes } = this
    this.#head = head
    this.at = head + headBytes
    this.end = this.at > bytes.length ? this.at : this.at + bytes.readUInt32BE(head + headFields.bodyBytes)
    if (this.end > bytes.length) throw new Error('A segment that ends within an event')
  }

  get seq(): Seq {
    const at = this.#head + headFields.seq
    return (this.bytes.readUInt32BE(at) * 0x1_0000_0000 + this.bytes.readUInt32BE(at + 4)) as Seq
  }

  get actorId(): ActorId {
    return this.bytes.readBigInt64BE(this.#head + headFields.actorId) as ActorId
  }

  get communityId(): CommunityId {
    return this.bytes.readUInt32BE(this.#head + headFields.communityId) as CommunityId
  }

  get hour(): number {
    return this.bytes.readUInt32BE(this.#head + headFields.hour)
  }

  get seqAt(): number {
    return this.bytes.readUInt32BE(this.#head + headFields.seqAt)
  }

  get kind(): EventKind {
    return this.bytes.readUInt8(this.#head + headFields.kind) as EventKind
  }
}
