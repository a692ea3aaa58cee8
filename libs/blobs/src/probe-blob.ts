import { buffer } from 'node:stream/consumers'
import type { Database } from '@heronry/db/database'
import type { JobRun } from '@heronry/jobs/handler'
import { type BlobAt, blobOf, type NamedBlob } from './blob-jobs.ts'
import type { BlobObjects } from './blob-objects.ts'
import type { CareDeps } from './care-deps.ts'
import { probeBytesMax, probeReadsMax } from './limits.ts'

/** What a picture or a film says of itself; nothing of it is trusted, and no byte of it is changed. */
export interface Probed {
  readonly width?: number
  readonly height?: number
  readonly durationMs?: number
  /** Why nothing is known of it. */
  readonly fault?: string
}

export interface ProbeSource {
  readonly mime: string
  readonly size: number
  /** Bytes from `start` on, fewer at the end of the blob. Throws where more was read than a probe may. */
  read(start: number, length: number): Promise<Uint8Array>
}

/** Resolves with a fault for whatever is wrong with the bytes; throws only where it could not look. */
export type Probe = (source: ProbeSource) => Promise<Probed>

/** Remembers what a blob says of itself. kill -9 here → the next attempt looks again. */
export async function runProbeBlob(
  { db, objects, probe }: CareDeps & { probe: Probe },
  { payload, signal }: JobRun<NamedBlob>,
): Promise<void> {
  const blob = blobOf(payload)
  const row = await db
    .selectFrom('blob')
    .select(['object_key', 'mime', 'size'])
    .where('actor_id', '=', blob.actorId)
    .where('cid', '=', blob.cid)
    .executeTakeFirst()
  if (row === undefined) return
  const { mime } = row
  const size = Number(row.size)
  const read = boundedReads(objects, { key: row.object_key, size, signal })
  await remember(db, blob, await probe({ mime, size, read }))
}

function boundedReads(
  objects: BlobObjects,
  { key, size, signal }: { key: string; size: number; signal: AbortSignal },
): ProbeSource['read'] {
  let bytesLeft = probeBytesMax
  let readsLeft = probeReadsMax
  return async (start, length) => {
    const end = Math.min(size, start + length) - 1
    if (!Number.isSafeInteger(start) || start < 0 || end < start) return new Uint8Array()
    bytesLeft -= end - start + 1
    readsLeft -= 1
    if (bytesLeft < 0 || readsLeft < 0) throw new Error('more was to be read than a probe may')
    const { stream } = await objects.open(key, { range: { start, end }, signal })
    return await buffer(stream)
  }
}

async function remember(db: Database, { actorId, cid }: BlobAt, probed: Probed): Promise<void> {
  await db
    .updateTable('blob')
    .set({
      width: probed.width ?? null,
      height: probed.height ?? null,
      duration_ms: probed.durationMs === undefined ? null : BigInt(probed.durationMs),
      probe_fault: probed.fault ?? null,
    })
    .where('actor_id', '=', actorId)
    .where('cid', '=', cid)
    .execute()
}
