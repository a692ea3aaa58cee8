import type { ActorId, CommunityId, Seq } from '@heronry/core/ids'
import { eventFrame } from '@heronry/events/frame'
import type { NumberedEvent } from './read-events.ts'
import { websocketMessage } from './websocket-message.ts'

interface Message {
  readonly seq: Seq
  readonly actorId: ActorId
  readonly bytes: Buffer
}

/** What one community's subscribers get of a page: one Buffer of whole messages, written as it is to every socket. */
export class CommunityMessages {
  readonly bytes: Buffer
  /** In parallel: the seq of each message, who it speaks of, and the offset at which it begins. */
  readonly #seqs: Seq[] = []
  readonly #actorIds: ActorId[] = []
  readonly #starts: number[] = []

  static of(events: readonly NumberedEvent[]): CommunityMessages {
    const message = (event: NumberedEvent) => ({ ...event, bytes: websocketMessage(eventFrame(event)) })
    return new CommunityMessages(events.map(message))
  }

  private constructor(messages: readonly Message[]) {
    let start = 0
    for (const { seq, actorId, bytes } of messages) {
      this.#seqs.push(seq)
      this.#actorIds.push(actorId)
      this.#starts.push(start)
      start += bytes.length
    }
    this.bytes = Buffer.concat(
      messages.map(({ bytes }) => bytes),
      start,
    )
  }

  /** The messages with a greater seq: all of them, or a part of the same memory. */
  after(seq: Seq): Buffer {
    const index = this.#seqs.findIndex((candidate) => candidate > seq)
    return index === -1 ? this.bytes.subarray(0, 0) : this.bytes.subarray(this.#starts[index])
  }

  /** The same without what speaks of the actor with a lesser seq; itself, where nothing does. */
  without({ actorId, before }: { actorId: ActorId; before: Seq }): CommunityMessages {
    const kept = (seq: Seq, index: number) => seq >= before || this.#actorIds[index] !== actorId
    if (this.#seqs.every(kept)) return this
    const messages = this.#seqs.map((seq, index) => ({
      seq,
      actorId: this.#actorIds[index] as ActorId,
      bytes: this.bytes.subarray(this.#starts[index], this.#starts[index + 1]),
    }))
    return new CommunityMessages(messages.filter(({ seq }, index) => kept(seq, index)))
  }
}

export function messagesByCommunity(events: readonly NumberedEvent[]): Map<CommunityId, CommunityMessages> {
  const grouped = Map.groupBy(events, (event) => event.communityId)
  return new Map(Array.from(grouped, ([id, ofCommunity]) => [id, CommunityMessages.of(ofCommunity)]))
}
