import assert from 'node:assert/strict'
import type { CommunityId, Seq } from '@heronry/core/ids'
import type { ChunkEvent } from '@heronry/events/chunk'
import { eventKinds } from '@heronry/events/event'
import { ringReadBytes } from '../limits.ts'
import { type CommunityMessages, messagesByCommunity } from './community-messages.ts'

/** What the ring has for a subscriber who stands at a seq: the messages of its community up to `upto`, often none. Not to be changed. */
export interface RingRead {
  readonly bytes: Buffer | undefined
  readonly upto: Seq
}

interface Chunk {
  readonly after: Seq
  readonly upto: Seq
  byteCount: number
  readonly messages: Map<CommunityId, CommunityMessages>
}

/**
 * The newest part of the firehose, in memory, encoded.
 *
 * Invariant: it holds every event with after < seq <= head, of all communities, but what an actor said before its deletion. Chunks
 * lie end to end; the oldest are dropped once there are more than `bytesMax` bytes, the newest never.
 */
export class Ring {
  readonly #bytesMax: number
  readonly #chunks: Chunk[] = []
  #byteCount = 0
  #after: Seq
  #head: Seq
  /** By community, where somebody has read since the last change: most subscribers stand at one place. */
  readonly #lastReads = new Map<CommunityId, RingRead & { readonly from: Seq }>()

  constructor({ head, bytesMax }: { head: Seq; bytesMax: number }) {
    this.#after = head
    this.#head = head
    this.#bytesMax = bytesMax
  }

  /** The seq after which the ring holds everything. */
  get after(): Seq {
    return this.#after
  }

  get head(): Seq {
    return this.#head
  }

  get byteCount(): number {
    return this.#byteCount
  }

  /** Appends the page that follows on the head. */
  append({ events, upto }: { readonly events: readonly ChunkEvent[]; readonly upto: Seq }): void {
    assert(
      upto > this.#head && (events[0]?.seq ?? upto) > this.#head,
      'A page that does not follow on the ring',
    )
    const messages = messagesByCommunity(events)
    const byteCount = Array.from(messages.values()).reduce((sum, { bytes }) => sum + bytes.length, 0)
    this.#chunks.push({ after: this.#head, upto, byteCount, messages })
    this.#head = upto
    this.#byteCount += byteCount
    this.#lastReads.clear()
    for (const event of events) if (event.kind === eventKinds.deletion) this.#suppress(event)
    this.#dropOldest()
  }

  /** Holds nothing from now on but what comes after `upto`: who stands before it must read elsewhere. */
  restart(upto: Seq): void {
    assert(upto > this.#head, 'A restart that does not lie ahead')
    this.#chunks.length = 0
    this.#lastReads.clear()
    this.#byteCount = 0
    this.#after = upto
    this.#head = upto
  }

  /**
   * What comes after `position`, which must not lie before the ring: a chunk, or several small ones in one Buffer; undefined at the head.
   * The many who stand where somebody has just read get the same Buffer.
   */
  read(position: Seq, communityId: CommunityId): RingRead | undefined {
    assert(position >= this.#after, 'A position before the ring')
    if (position >= this.#head) return undefined
    const known = this.#lastReads.get(communityId)
    if (known?.from === position) return known
    const read = { from: position, ...this.#join(position, communityId) }
    this.#lastReads.set(communityId, read)
    return read
  }

  /** Bytes that wait in the ring for a subscriber at `position`. */
  bytesAfter(position: Seq, communityId: CommunityId): number {
    let sum = 0
    for (let index = this.#indexAfter(position); index < this.#chunks.length; index++) {
      sum += this.#chunks[index]?.messages.get(communityId)?.bytes.length ?? 0
    }
    return sum
  }

  #join(position: Seq, communityId: CommunityId): RingRead {
    const parts: Buffer[] = []
    let byteCount = 0
    let upto = position
    for (let index = this.#indexAfter(position); byteCount < ringReadBytes; index++) {
      const chunk = this.#chunks[index]
      if (chunk === undefined) break
      const messages = chunk.messages.get(communityId)
      const bytes = upto <= chunk.after ? messages?.bytes : messages?.after(upto)
      upto = chunk.upto
      if (bytes === undefined || bytes.length === 0) continue
      parts.push(bytes)
      byteCount += bytes.length
    }
    return { bytes: parts.length > 1 ? Buffer.concat(parts, byteCount) : parts[0], upto }
  }

  #suppress({ communityId, actorId, seq }: ChunkEvent): void {
    for (const chunk of this.#chunks) {
      const messages = chunk.messages.get(communityId)
      const kept = messages?.without({ actorId, before: seq })
      if (messages === undefined || kept === undefined || kept === messages) continue
      chunk.messages.set(communityId, kept)
      chunk.byteCount -= messages.bytes.length - kept.bytes.length
      this.#byteCount -= messages.bytes.length - kept.bytes.length
    }
  }

  #dropOldest(): void {
    let dropped = 0
    while (this.#byteCount > this.#bytesMax && dropped < this.#chunks.length - 1) {
      const oldest = this.#chunks[dropped++]
      this.#byteCount -= oldest?.byteCount ?? 0
      this.#after = oldest?.upto ?? this.#after
    }
    this.#chunks.splice(0, dropped)
  }

  /** The index of the first chunk that reaches beyond `position`, by bisection. */
  #indexAfter(position: Seq): number {
    let low = 0
    let high = this.#chunks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const chunk = this.#chunks[middle]
      if (chunk !== undefined && chunk.upto <= position) low = middle + 1
      else high = middle
    }
    return low
  }
}
