import assert from 'node:assert/strict'
import type { CommunityId, Seq } from '@heronry/core/ids'
import { eventKinds } from '@heronry/events/event'
import { type CommunityMessages, messagesByCommunity } from './community-messages.ts'
import type { EventPage, NumberedEvent } from './read-events.ts'

/** What the ring has for a subscriber who stands at a seq: the messages of its community up to `upto`, often none. */
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
  append({ events, upto }: EventPage): void {
    assert(
      upto > this.#head && (events[0]?.seq ?? upto) > this.#head,
      'A page that does not follow on the ring',
    )
    const messages = messagesByCommunity(events)
    const byteCount = Array.from(messages.values()).reduce((sum, { bytes }) => sum + bytes.length, 0)
    this.#chunks.push({ after: this.#head, upto, byteCount, messages })
    this.#head = upto
    this.#byteCount += byteCount
    for (const event of events) if (event.kind === eventKinds.deletion) this.#suppress(event)
    this.#dropOldest()
  }

  /** Holds nothing from now on but what comes after `upto`: who stands before it must read elsewhere. */
  restart(upto: Seq): void {
    assert(upto > this.#head, 'A restart that does not lie ahead')
    this.#chunks.length = 0
    this.#byteCount = 0
    this.#after = upto
    this.#head = upto
  }

  /** The next chunk's worth after `position`, which must not lie before the ring; undefined at the head. */
  read(position: Seq, communityId: CommunityId): RingRead | undefined {
    assert(position >= this.#after, 'A position before the ring')
    const chunk = this.#chunks[this.#indexAfter(position)]
    if (chunk === undefined) return undefined
    const messages = chunk.messages.get(communityId)
    const bytes = position <= chunk.after ? messages?.bytes : messages?.after(position)
    return { bytes, upto: chunk.upto }
  }

  /** Bytes that wait in the ring for a subscriber at `position`. */
  bytesAfter(position: Seq, communityId: CommunityId): number {
    let sum = 0
    for (let index = this.#indexAfter(position); index < this.#chunks.length; index++) {
      sum += this.#chunks[index]?.messages.get(communityId)?.bytes.length ?? 0
    }
    return sum
  }

  #suppress({ communityId, actorId, seq }: NumberedEvent): void {
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
