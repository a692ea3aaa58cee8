import assert from 'node:assert/strict'
import type { CommunityId, Seq } from '@heronry/core/ids'
import type { ChunkEvent } from '@heronry/events/chunk'
import { eventKinds } from '@heronry/events/event'
import { ringChunkBytes } from '../limits.ts'
import { type CommunityMessages, messagesByCommunity } from './community-messages.ts'

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

/** What was appended since somebody has read: not encoded yet. */
interface Fresh {
  readonly after: Seq
  events: ChunkEvent[]
  bodyBytes: number
}

/**
 * The newest part of the firehose, in memory, encoded.
 *
 * Invariant: it holds every event with after < seq <= head, of all communities, but what an actor said before its deletion. Chunks
 * lie end to end; the oldest are dropped once there are more than `bytesMax` bytes, the newest never.
 *
 * What is appended between two reads becomes one chunk: everybody gets it in one write, and nobody's bytes are copied again.
 */
export class Ring {
  readonly #bytesMax: number
  readonly #chunks: Chunk[] = []
  #fresh: Fresh | undefined
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
    this.#encode()
    return this.#after
  }

  get head(): Seq {
    return this.#head
  }

  get byteCount(): number {
    this.#encode()
    return this.#byteCount
  }

  /** Appends the page that follows on the head. */
  append({ events, upto }: { readonly events: readonly ChunkEvent[]; readonly upto: Seq }): void {
    assert(
      upto > this.#head && (events[0]?.seq ?? upto) > this.#head,
      'A page that does not follow on the ring',
    )
    const fresh = this.#fresh ?? { after: this.#head, events: [], bodyBytes: 0 }
    this.#fresh = fresh
    this.#head = upto
    for (const event of events) {
      if (event.kind === eventKinds.deletion) this.#suppress(event, fresh)
      fresh.events.push(event)
      fresh.bodyBytes += event.body.length
    }
    if (fresh.bodyBytes >= ringChunkBytes) this.#encode()
  }

  /** Holds nothing from now on but what comes after `upto`: who stands before it must read elsewhere. */
  restart(upto: Seq): void {
    assert(upto > this.#head, 'A restart that does not lie ahead')
    this.#chunks.length = 0
    this.#fresh = undefined
    this.#byteCount = 0
    this.#after = upto
    this.#head = upto
  }

  /** The next chunk's worth after `position`, which must not lie before the ring; undefined at the head. */
  read(position: Seq, communityId: CommunityId): RingRead | undefined {
    this.#encode()
    assert(position >= this.#after, 'A position before the ring')
    if (position >= this.#head) return undefined
    const chunk = this.#chunkAfter(position)
    if (chunk === undefined) return undefined
    return { bytes: bytesOf(chunk, { position, communityId }), upto: chunk.upto }
  }

  /** Bytes that wait in the ring for a subscriber at `position`. */
  bytesAfter(position: Seq, communityId: CommunityId): number {
    this.#encode()
    let sum = 0
    for (let index = this.#indexAfter(position); index < this.#chunks.length; index++) {
      const chunk = this.#chunks[index]
      sum += (chunk && bytesOf(chunk, { position, communityId })?.length) ?? 0
    }
    return sum
  }

  /** Makes a chunk of what was appended last. */
  #encode(): void {
    const fresh = this.#fresh
    if (fresh === undefined) return
    this.#fresh = undefined
    const messages = messagesByCommunity(fresh.events)
    const byteCount = Array.from(messages.values()).reduce((sum, { bytes }) => sum + bytes.length, 0)
    this.#chunks.push({ after: fresh.after, upto: this.#head, byteCount, messages })
    this.#byteCount += byteCount
    this.#dropOldest()
  }

  #suppress({ communityId, actorId, seq }: ChunkEvent, fresh: Fresh): void {
    fresh.events = fresh.events.filter((event) => event.actorId !== actorId)
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

  /** The first chunk that reaches beyond `position`: for most readers, who stand near the head, the newest. */
  #chunkAfter(position: Seq): Chunk | undefined {
    const newest = this.#chunks.at(-1)
    if (newest !== undefined && newest.after <= position) return newest
    return this.#chunks[this.#indexAfter(position)]
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

function bytesOf(
  { after, messages }: Chunk,
  { position, communityId }: { position: Seq; communityId: CommunityId },
): Buffer | undefined {
  const ofCommunity = messages.get(communityId)
  return position <= after ? ofCommunity?.bytes : ofCommunity?.after(position)
}
