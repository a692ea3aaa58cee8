import type { ActorId, Seq } from '@heronry/core/ids'
import { copiedFrameBytes, copyEventFrame, type FrameSource } from '@heronry/events/frame'
import { pageBytesMax } from '../limits.ts'
import { CommunityMessages } from './community-messages.ts'
import { messageHeadBytes, writeMessageHead } from './websocket-message.ts'

/** Writes events as messages, one behind the other, into one piece of memory: each is copied once, from where it stands. */
export class MessageWriter {
  #bytes: Buffer = Buffer.allocUnsafeSlow(firstBytes)
  #length = 0
  readonly #starts: number[] = []
  readonly #seqs: Seq[] = []
  readonly #actorIds: ActorId[] = []

  add(event: FrameSource & { readonly actorId: ActorId }): void {
    const length = copiedFrameBytes(event)
    const start = this.#length
    const frameAt = start + messageHeadBytes(length)
    this.#length = frameAt + length
    if (this.#length > this.#bytes.length) this.#grow(start)
    writeMessageHead(this.#bytes, start, length)
    copyEventFrame(this.#bytes, frameAt, event)
    this.#starts.push(start)
    this.#seqs.push(event.seq)
    this.#actorIds.push(event.actorId)
  }

  /** All of it; undefined where nothing was added. Nothing may be added afterwards. */
  end(): CommunityMessages | undefined {
    if (this.#length === 0) return undefined
    const bytes = this.#bytes.subarray(0, this.#length)
    // Whoever keeps a little should not keep a page's memory.
    const fitting = this.#length < this.#bytes.length / 2 ? Buffer.from(bytes) : bytes
    return new CommunityMessages(fitting, {
      starts: this.#starts,
      seqs: this.#seqs,
      actorIds: this.#actorIds,
    })
  }

  #grow(written: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#length, 2 * this.#bytes.length))
    this.#bytes.copy(larger, 0, 0, written)
    this.#bytes = larger
  }
}

/** A page of events of 1 kB, with what a frame and a message add. */
const firstBytes = pageBytesMax + 100_000
