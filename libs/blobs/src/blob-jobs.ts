import type { Digest } from '@heronry/core/cid'
import type { ActorId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { defineJob, type JobKind } from '@heronry/jobs/define-job'
import { sql } from 'kysely'

/** One blob of one actor. */
export interface BlobAt {
  readonly actorId: ActorId
  readonly cid: Digest
}

const queue = 'blobs'

/** Reads a picture's or a film's size from its bytes. */
export const probeBlob = blobJob('probe-blob')

/** Has the scanner look at a blob that waits for it. */
export const scanBlob = blobJob('scan-blob')

/** Puts a blob's object where its takedown says: out of reach, or back. */
export const placeBlob = blobJob('place-blob')

/** As it stands in a job and in the log: JSON has neither bigint nor bytes. */
export interface NamedBlob {
  readonly actorId: string
  /** The digest, hexadecimal. */
  readonly cid: string
}

export function nameOf({ actorId, cid }: BlobAt): NamedBlob {
  return { actorId: String(actorId), cid: Buffer.from(cid).toString('hex') }
}

export function blobOf({ actorId, cid }: NamedBlob): BlobAt {
  return { actorId: BigInt(actorId) as ActorId, cid: Buffer.from(cid, 'hex') as Uint8Array as Digest }
}

/**
 * In the transaction that stores a new blob: what has to be looked at, is. Through a function of the database, for who serves repos may
 * write no other jobs.
 */
export async function enqueueCare(
  tx: Transaction,
  { actorId, cid, mime, isHeld }: BlobAt & { mime: string; isHeld: boolean },
): Promise<void> {
  if (isHeld) await sql`SELECT enqueue_blob_job(${scanBlob.name}, ${actorId}, ${cid})`.execute(tx)
  if (isProbed(mime)) await sql`SELECT enqueue_blob_job(${probeBlob.name}, ${actorId}, ${cid})`.execute(tx)
}

function isProbed(mime: string): boolean {
  return /^(image|video)\//.test(mime)
}

function blobJob(name: string): JobKind<NamedBlob> {
  return defineJob({
    queue,
    name,
    parse(payload: unknown): NamedBlob {
      const { actorId, cid } = payload as Partial<Record<keyof NamedBlob, unknown>>
      if (typeof actorId !== 'string' || !/^\d{1,19}$/.test(actorId)) throw new Error(`${name}: actorId`)
      if (typeof cid !== 'string' || !/^[0-9a-f]{64}$/.test(cid)) throw new Error(`${name}: cid`)
      return { actorId, cid }
    },
  })
}
