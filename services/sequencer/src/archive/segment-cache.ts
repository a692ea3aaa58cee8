import { hash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import type { BlobObjects } from '@heronry/blobs/blob-objects'
import type { CommunityId, Seq } from '@heronry/core/ids'
import type { Segment } from './find-segment.ts'
import { decompressSegment } from './segment-codec.ts'
import { SegmentEvents } from './segment-events.ts'

/** A segment in memory, and where the events of each community stand in it, in order. */
export interface OpenSegment {
  readonly bytes: Buffer
  readonly places: ReadonlyMap<CommunityId, SegmentPlaces>
}

/** Two arrays of one length: for `SegmentEvents`. */
export interface SegmentPlaces {
  readonly seqs: readonly Seq[]
  readonly heads: readonly number[]
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
      const { stream } = await this.#options.objects.open(key)
      const bytes = await buffer(stream)
      if (!sha256.equals(hash('sha256', bytes, 'buffer')))
        throw new Error(`Not the segment that was archived: ${key}`)
      const segment = openSegment(await decompressSegment(bytes))
      this.#keep(key, segment)
      return segment
    } finally {
      this.#waiting.shift()?.()
    }
  }

  #keep(key: string, segment: OpenSegment): void {
    this.#open.set(key, segment)
    this.#byteCount += segment.bytes.length
    for (const [oldest, { bytes }] of this.#open) {
      if (this.#byteCount <= this.#options.bytesMax || oldest === key) break
      this.#open.delete(oldest)
      this.#byteCount -= bytes.length
    }
  }
}

function openSegment(bytes: Buffer): OpenSegment {
  const places = new Map<CommunityId, { seqs: Seq[]; heads: number[] }>()
  const event = new SegmentEvents(bytes)
  for (let head = 0; head < bytes.length; head = event.end) {
    event.moveTo(head)
    const own = places.get(event.communityId) ?? { seqs: [], heads: [] }
    places.set(event.communityId, own)
    own.seqs.push(event.seq)
    own.heads.push(head)
  }
  return { bytes, places }
}
