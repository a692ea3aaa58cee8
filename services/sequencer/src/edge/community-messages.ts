import type { ActorId, CommunityId, Seq } from '@heronry/core/ids'
import type { ChunkEvent } from '@heronry/events/chunk'
import { eventFrameBytes, writeEventFrame } from '@heronry/events/frame'
import { messageHeadBytes, writeMessageHead } from './websocket-message.ts'

/** Of each message, where it begins in the bytes, its number, and who it speaks of. Arrays of one length: nothing is made for an event. */
export interface MessagePlaces {
  readonly starts: readonly number[]
  readonly seqs: readonly Seq[]
  readonly actorIds: readonly ActorId[]
}

/** What one community's subscribers get of a page: one Buffer of whole messages, written as it is to every socket. */
export class CommunityMessages {
  readonly bytes: Buffer
  readonly #places: MessagePlaces

  /** Each event is copied once, to where its bytes stay. */
  static of(events: readonly ChunkEvent[]): CommunityMessages {
    const lengths = events.map(eventFrameBytes)
    const bytes = Buffer.allocUnsafe(
      lengths.reduce((sum, length) => sum + messageHeadBytes(length) + length, 0),
    )
    let start = 0
    const starts = events.map((event, index) => {
      const at = start
      const length = lengths[index] ?? 0
      writeMessageHead(bytes, start, length)
      writeEventFrame(bytes, start + messageHeadBytes(length), event)
      start += messageHeadBytes(length) + length
      return at
    })
    const seqs = events.map(({ seq }) => seq)
    return new CommunityMessages(bytes, { starts, seqs, actorIds: events.map(({ actorId }) => actorId) })
  }

  constructor(bytes: Buffer, places: MessagePlaces) {
    this.bytes = bytes
    this.#places = places
  }

  /** The messages with a greater seq: all of them, or a part of the same memory. */
  after(seq: Seq): Buffer {
    const { seqs, starts } = this.#places
    const index = seqs.findIndex((candidate) => candidate > seq)
    return this.bytes.subarray(starts[index] ?? this.bytes.length)
  }

  /** Whether something in it speaks of the actor with a lesser seq. */
  speaksOf({ actorId, before }: { actorId: ActorId; before: Seq }): boolean {
    const { seqs, actorIds } = this.#places
    return actorIds.some((candidate, index) => candidate === actorId && (seqs[index] as Seq) < before)
  }

  /** The same without what speaks of the actor with a lesser seq; itself, where nothing does. */
  without(gone: { actorId: ActorId; before: Seq }): CommunityMessages {
    if (!this.speaksOf(gone)) return this
    const { starts, seqs, actorIds } = this.#places
    const parts: Buffer[] = []
    const kept = { starts: [] as number[], seqs: [] as Seq[], actorIds: [] as ActorId[] }
    let start = 0
    for (const [index, actorId] of actorIds.entries()) {
      const seq = seqs[index] as Seq
      if (actorId === gone.actorId && seq < gone.before) continue
      const part = this.bytes.subarray(starts[index], starts[index + 1])
      parts.push(part)
      kept.starts.push(start)
      kept.seqs.push(seq)
      kept.actorIds.push(actorId)
      start += part.length
    }
    return new CommunityMessages(Buffer.concat(parts, start), kept)
  }
}

export function messagesByCommunity(events: readonly ChunkEvent[]): Map<CommunityId, CommunityMessages> {
  const grouped = Map.groupBy(events, (event) => event.communityId)
  return new Map(Array.from(grouped, ([id, ofCommunity]) => [id, CommunityMessages.of(ofCommunity)]))
}
