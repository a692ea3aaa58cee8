import { hash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import type { BlobObjects } from '@heronry/blobs/blob-objects'
import type { CommunityId } from '@heronry/core/ids'
import type { NumberedEvent } from '../edge/read-events.ts'
import type { Segment } from './find-segment.ts'
import { decodeSegment, segmentBytesOf } from './segment-codec.ts'

/** A segment in memory: its events by community, in order. */
export interface OpenSegment {
  readonly byteCount: number
  readonly events: ReadonlyMap<CommunityId, readonly NumberedEvent[]>
}

export interface SegmentCacheOptions {
  readonly objects: BlobObjects
  readonly bytesMax: number
  readonly openedAtOnce: number
}

/**
 * The segments that replays have read lately, opened. Who asks for one that is being opened waits for it.
 *
 * Invariant: it keeps at most `bytesMax` bytes, or one segment; no more than `openedAtOnce` are being opened beside them.
 */
export class SegmentCache {
  readonly #options: SegmentCacheOptions
  /** From the one that was longest unused to the newest. */
  readonly #open = new Map<string, OpenSegment>()
  readonly #opening = new Map<string, Promise<OpenSegment>>()
  readonly #waiting: (() => void)[] = []
  #byteCount = 0

  constructor(options: SegmentCacheOptions) {
    this.#options = options
  }

  get byteCount(): number {
    return this.#byteCount
  }

  /** Throws where the object is not there, or is not what was archived. */
  async get(segment: Segment): Promise<OpenSegment> {
    const { key } = segment
    const open = this.#open.get(key)
    if (open === undefined) return await (this.#opening.get(key) ?? this.#begin(segment))
    this.#open.delete(key)
    this.#open.set(key, open)
    return open
  }

  #begin(segment: Segment): Promise<OpenSegment> {
    const opening = this.#load(segment).finally(() => this.#opening.delete(segment.key))
    this.#opening.set(segment.key, opening)
    return opening
  }

  async #load({ key, sha256 }: Segment): Promise<OpenSegment> {
    if (this.#opening.size >= this.#options.openedAtOnce)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      const { stream } = await this.#options.objects.get(key)
      const bytes = await buffer(stream)
      if (!sha256.equals(hash('sha256', bytes, 'buffer')))
        throw new Error(`Not the segment that was archived: ${key}`)
      const segment = openSegment(await decodeSegment(bytes))
      this.#keep(key, segment)
      return segment
    } finally {
      this.#waiting.shift()?.()
    }
  }

  #keep(key: string, segment: OpenSegment): void {
    this.#open.set(key, segment)
    this.#byteCount += segment.byteCount
    for (const [oldest, { byteCount }] of this.#open) {
      if (this.#byteCount <= this.#options.bytesMax || oldest === key) break
      this.#open.delete(oldest)
      this.#byteCount -= byteCount
    }
  }
}

function openSegment(events: readonly NumberedEvent[]): OpenSegment {
  return {
    byteCount: events.reduce((sum, event) => sum + segmentBytesOf(event), 0),
    events: Map.groupBy(events, (event) => event.communityId),
  }
}
