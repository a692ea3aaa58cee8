import type { ActorId, Seq } from '@heronry/core/ids'
import type { EventKind } from '@heronry/events/event'
import type { FrameSource } from '@heronry/events/frame'

/**
 * The rows of `pageQuery` (read-messages.ts) in one piece of a COPY (copy-rows.ts of libs/db), one at a time: what stands here lasts until
 * `next`.
 */
export class CopiedEvents implements FrameSource {
  readonly bytes: Buffer
  /** The body; empty where there is none. */
  at = 0
  end = 0
  #rowAt = 0
  #rowEnd = 0

  constructor(piece: Buffer) {
    this.bytes = piece
  }

  /** False: there are no more. */
  next(): boolean {
    const { bytes } = this
    const row = this.#rowEnd
    if (row === bytes.length) return false
    this.#rowAt = row
    this.#rowEnd = row + 1 + bytes.readUInt32BE(row + 1)
    this.at = row + bodyAt
    this.end = Math.max(this.at, this.#rowEnd)
    return true
  }

  get seq(): Seq {
    const at = this.#rowAt + fieldsAt.seq
    return (this.bytes.readUInt32BE(at) * 0x1_0000_0000 + this.bytes.readUInt32BE(at + 4)) as Seq
  }

  get actorId(): ActorId {
    return this.bytes.readBigInt64BE(this.#rowAt + fieldsAt.actorId) as ActorId
  }

  /** Of an event that is there. */
  get kind(): EventKind {
    return this.#state as EventKind
  }

  get isSuppressed(): boolean {
    return this.#state === suppressed
  }

  get isGone(): boolean {
    return this.#state === gone
  }

  get seqAt(): number {
    return this.bytes.readInt32BE(this.#rowAt + fieldsAt.seqAt)
  }

  get #state(): number {
    return this.bytes.readInt32BE(this.#rowAt + fieldsAt.state)
  }
}

/** What stands in a row instead of a kind. */
export const suppressed = -1
export const gone = 0

/** Before the fields: the head of the message, and the number of fields. Each has its length before it. */
const fieldsAt = { seq: 11, actorId: 23, state: 35, seqAt: 43 }
const bodyAt = 51
