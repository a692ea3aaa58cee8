import type { CommunityId, Seq } from '@heronry/core/ids'
import { eventFrame } from '@heronry/events/frame'
import type { NumberedEvent } from './read-events.ts'
import { websocketMessage } from './websocket-message.ts'

/** What one community's subscribers get of a page: one Buffer of whole messages, written as it is to every socket. */
export class CommunityMessages {
  readonly bytes: Buffer
  /** In parallel: the seq of each message, and the offset at which it begins. */
  readonly #seqs: number[] = []
  readonly #starts: number[] = []

  constructor(events: readonly NumberedEvent[]) {
    const messages = events.map((event) => websocketMessage(eventFrame(event)))
    let start = 0
    for (const [index, event] of events.entries()) {
      this.#seqs.push(event.seq)
      this.#starts.push(start)
      start += messages[index]?.length ?? 0
    }
    this.bytes = Buffer.concat(messages, start)
  }

  /** The messages with a greater seq: all of them, or a part of the same memory. */
  after(seq: Seq): Buffer {
    const index = this.#seqs.findIndex((candidate) => candidate > seq)
    return index === -1 ? this.bytes.subarray(0, 0) : this.bytes.subarray(this.#starts[index])
  }
}

export function messagesByCommunity(events: readonly NumberedEvent[]): Map<CommunityId, CommunityMessages> {
  const grouped = Map.groupBy(events, (event) => event.communityId)
  return new Map(Array.from(grouped, ([id, ofCommunity]) => [id, new CommunityMessages(ofCommunity)]))
}
