import { hash, randomBytes } from 'node:crypto'
import type { BlobObjects } from '@heronry/blobs/blob-objects'
import type { Seq } from '@heronry/core/ids'
import type { Service } from '@heronry/core/service'
import { sleep } from '@heronry/core/sleep'
import type { Database } from '@heronry/db/database'
import type { Logger } from '@heronry/telemetry/logger'
import { readEvents } from '../edge/read-events.ts'
import { readLastSeq } from '../edge/read-last-seq.ts'
import { archiveTurnMs } from '../limits.ts'
import { writeArchiveIndex } from './archive-index.ts'
import { eventAgeMs } from './event-age.ts'
import { lastArchivedSeq } from './last-archived-seq.ts'
import { encodeSegment } from './segment-codec.ts'
import { SegmentDraft } from './segment-draft.ts'
import { addSegment, archivedUpto } from './segment-rows.ts'

export interface ArchiverOptions {
  readonly db: Database
  readonly objects: BlobObjects
  readonly logger: Logger
  /** Of the term this process leads; undefined while it does not. */
  readonly epoch: () => bigint | undefined
}

export const segmentsPrefix = 'firehose/segments/'

/**
 * Copies numbered events into segments of the archive, in the process that leads.
 *
 * Invariant: first the object is durable, then its row, then the index beside the objects says so. An object's name is used once; one
 * that no row names is a stray, which the retention sweeps. kill -9 anywhere, or another leader: the next term reads where the archive
 * stands and goes on from there. A segment that could not be stored is kept and stored by a later turn; the lag shows it.
 */
export class Archiver implements Service {
  readonly name = 'sequencer-archiver'
  readonly #options: ArchiverOptions
  #draft: { readonly epoch: bigint; readonly segment: SegmentDraft } | undefined
  #failing = false

  constructor(options: ArchiverOptions) {
    this.#options = options
  }

  /** Milliseconds for which the oldest event that is not archived has waited; undefined where this process does not archive. */
  get lagMs(): number | undefined {
    return this.#draft?.segment.ageMs
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.turn(signal)
        this.#failing = false
      } catch (error) {
        if (!this.#failing && !signal.aborted)
          this.#options.logger.error({ err: error }, 'firehose not archived')
        this.#failing = true
      }
      await sleep(archiveTurnMs, signal)
    }
  }

  /** Writes the segments that are full or due. */
  async turn(signal: AbortSignal): Promise<void> {
    const epoch = this.#options.epoch()
    if (epoch === undefined || this.#draft?.epoch !== epoch) this.#draft = undefined
    if (epoch === undefined) return
    let segment: SegmentDraft = this.#draft?.segment ?? (await this.#begin(epoch))
    this.#draft = { epoch, segment }
    while (!signal.aborted) {
      await this.#collect(segment, signal)
      if (!segment.isDue || signal.aborted) return
      await this.#write(segment, epoch)
      segment = new SegmentDraft(segment.upto)
      this.#draft = { epoch, segment }
      await writeArchiveIndex(this.#options.objects, { epoch: Number(epoch), lastSeq: segment.after })
    }
  }

  /** The last leader may have been killed before it wrote the index. */
  async #begin(epoch: bigint): Promise<SegmentDraft> {
    const { db, objects } = this.#options
    const lastSeq = await archivedUpto(db)
    if (lastSeq > ((await lastArchivedSeq(objects)) ?? 0)) {
      await writeArchiveIndex(objects, { epoch: Number(epoch), lastSeq })
    }
    return new SegmentDraft(lastSeq)
  }

  async #collect(segment: SegmentDraft, signal: AbortSignal): Promise<void> {
    const { db } = this.#options
    const lastSeq = await readLastSeq(db)
    while (segment.upto < lastSeq && !segment.isFull && !signal.aborted) {
      const ageMs = segment.upto === segment.after ? await eventAgeMs(db, { after: segment.after }) : 0
      segment.add(await readEvents(db, { after: segment.upto, upto: lastSeq }), ageMs)
    }
  }

  async #write({ after, upto, events }: SegmentDraft, epoch: bigint): Promise<void> {
    const { db, objects, logger } = this.#options
    const object =
      events.length === 0 ? undefined : await this.#store({ after, upto }, await encodeSegment(events))
    if (!(await addSegment(db, { epoch, after, upto, events, object }))) {
      this.#draft = undefined
      if (object !== undefined) await objects.delete(object.key)
      throw new Error(`The archive does not stand at ${after}, or term ${epoch} has ended`)
    }
    logger.info({ after, upto, events: events.length, bytes: object?.byteCount }, 'firehose segment archived')
  }

  async #store({ after, upto }: { after: Seq; upto: Seq }, bytes: Buffer) {
    const range = [after + 1, upto].map((seq) => String(seq).padStart(16, '0')).join('-')
    const key = `${segmentsPrefix}${range}-${randomBytes(4).toString('hex')}`
    await this.#options.objects.put(key, inOnePiece(bytes), { mime: 'application/zstd' })
    return { key, sha256: hash('sha256', bytes, 'buffer'), byteCount: bytes.length }
  }
}

async function* inOnePiece(bytes: Buffer): AsyncIterable<Uint8Array> {
  yield bytes
}
