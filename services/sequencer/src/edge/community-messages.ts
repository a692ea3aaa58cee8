import type { ActorId, CommunityId, Seq } from '@heronry/core/ids'
import type { ChunkEvent } from '@heronry/events/chunk'
import { eventFrameBytes, writeEventFrame } from '@heronry/events/frame'
import { messageHeadBytes, writeMessageHead } from './websocket-message.ts'

/** Where a message stands in the bytes, its number, and who it speaks of. */
interface Place {
  readonly seq: Seq
  readonly actorId: ActorId
  readonly start: number
}

/** What one community's subscribers get of a page: one Buffer of whole messages, written as it is to every socket. */
export class CommunityMessages {
  readonly bytes: Buffer
  readonly #places: readonly Place[]

  /** Each event is copied once, to where its bytes stay. */
  static of(events: readonly ChunkEvent[]): CommunityMessages {
    const lengths = events.map(eventFrameBytes)
    const bytes = Buffer.allocUnsafe(
      lengths.reduce((sum, length) => sum + messageHeadBytes(length) + length, 0),
    )
    let start = 0
    const places = events.map((event, index) => {
      const { seq, actorId } = event
      const place = { seq, actorId, start }
      const length = lengths[index] ?? 0
      writeMessageHead(bytes, start, length)
      writeEventFrame(bytes, start + messageHeadBytes(length), event)
      start += messageHeadBytes(length) + length
      return place
    })
    return new CommunityMessages(bytes, places)
  }

  private constructor(bytes: Buffer, places: readonly Place[]) {
    this.bytes = bytes
    this.#places = places
  }

  /** The messages with a greater seq: all of them, or a part of the same memory. */
  after(seq: Seq): Buffer {
    const place = this.#places.find((candidate) => candidate.seq > seq)
    return this.bytes.subarray(place?.start ?? this.bytes.length)
  }

  /** The same without what speaks of the actor with a lesser seq; itself, where nothing does. */
  without({ actorId, before }: { actorId: ActorId; before: Seq }): CommunityMessages {
    const isKept = (place: Place) => place.seq >= before || place.actorId !== actorId
    if (this.#places.every(isKept)) return this
    const parts: Buffer[] = []
    const places: Place[] = []
    let start = 0
    for (const [index, place] of this.#places.entries()) {
      if (!isKept(place)) continue
      const part = this.bytes.subarray(place.start, this.#places[index + 1]?.start)
      parts.push(part)
      places.push({ ...place, start })
      start += part.length
    }
    return new CommunityMessages(Buffer.concat(parts, start), places)
  }
}

export function messagesByCommunity(events: readonly ChunkEvent[]): Map<CommunityId, CommunityMessages> {
  const grouped = Map.groupBy(events, (event) => event.communityId)
  return new Map(Array.from(grouped, ([id, ofCommunity]) => [id, CommunityMessages.of(ofCommunity)]))
}
