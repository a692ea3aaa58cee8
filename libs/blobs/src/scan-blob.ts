import type { Readable } from 'node:stream'
import { isHeronryError } from '@heronry/core/error'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { Deferral } from '@heronry/jobs/deferral'
import type { JobRun } from '@heronry/jobs/handler'
import { type BlobAt, blobOf, type NamedBlob, nameOf } from './blob-jobs.ts'
import { setBlobTakedown } from './blob-takedown.ts'
import type { CareDeps } from './care-deps.ts'
import { scanReasonCharsMax, scanRetryMaxMs, scanRetryMinMs } from './limits.ts'

export interface ScanSubject extends BlobAt {
  readonly mime: string
  readonly size: number
  /** Read to its end, or destroyed. */
  readonly body: Readable
  readonly signal: AbortSignal
}

/** `reason` is the scanner's own word, for operators. */
export type Verdict = { readonly verdict: 'clean' } | { readonly verdict: 'bad'; readonly reason: string }

/** Throws where there is no verdict. */
export type Scan = (subject: ScanSubject) => Promise<Verdict>

export interface ScanPolicy {
  /** Undefined: nothing is scanned any more, and what waits is let through. */
  readonly scan: Scan | undefined
  /** What becomes of a blob that the scanner says nothing of: it waits, or the world sees it until the scanner answers. */
  readonly onFailure: 'hold' | 'pass'
}

/**
 * Asks the scanner of a blob that waits for it. Clean: the world may see it. Bad: it is taken down, and its object moved out of reach.
 *
 * A scanner that does not answer is asked again, with growing waits and without end: no blob is forgotten, whatever the policy is. kill -9
 * anywhere → the next attempt asks again; the verdict and the job's end are one transaction.
 */
export async function runScanBlob(
  deps: CareDeps & ScanPolicy,
  { payload, attempt, signal, complete }: JobRun<NamedBlob>,
): Promise<void> {
  const blob = blobOf(payload)
  let verdict: Verdict | undefined
  try {
    verdict = await verdictOf(deps, blob, signal)
  } catch (error) {
    // No object, nothing to scan: the comparison of bucket and rows tells of it.
    if (signal.aborted || isHeronryError(error, 'BlobNotFound')) throw error
    await failed(deps, blob, error)
    throw new Deferral(Math.min(scanRetryMaxMs, scanRetryMinMs * 2 ** Math.min(attempt - 1, 20)))
  }
  if (verdict === undefined) return
  const found = verdict
  await inTransaction(deps.db, { name: 'scan-blob' }, async (tx) => {
    if (found.verdict === 'bad') {
      const ref = `scan: ${found.reason.slice(0, scanReasonCharsMax)}`.toWellFormed().replaceAll('\0', '')
      await setBlobTakedown(tx, { ...blob, ref })
    }
    await release(tx, blob)
    await complete(tx)
  })
  deps.metrics?.count('pds_blob_scans_total', { verdict: found.verdict })
  if (found.verdict === 'bad') {
    deps.logger.warn({ ...nameOf(blob), reason: found.reason }, 'a scanned blob was taken down')
  }
}

/** Undefined where there is nothing to scan any more. */
async function verdictOf(
  { db, objects, scan }: CareDeps & ScanPolicy,
  blob: BlobAt,
  signal: AbortSignal,
): Promise<Verdict | undefined> {
  const row = await db
    .selectFrom('blob')
    .select(['object_key', 'mime', 'size'])
    .where('actor_id', '=', blob.actorId)
    .where('cid', '=', blob.cid)
    .executeTakeFirst()
  if (row === undefined) return undefined
  if (scan === undefined) return { verdict: 'clean' }
  const { stream: body } = await objects.open(row.object_key, { signal })
  try {
    return await scan({ ...blob, mime: row.mime, size: Number(row.size), body, signal })
  } finally {
    body.destroy()
  }
}

async function failed(deps: CareDeps & ScanPolicy, blob: BlobAt, error: unknown): Promise<void> {
  const { db, logger, metrics, onFailure } = deps
  metrics?.count('pds_blob_scans_total', { verdict: 'failed' })
  logger.warn({ ...nameOf(blob), error: String(error), onFailure }, 'a blob could not be scanned')
  if (onFailure === 'hold') return
  const isReleased = await inTransaction(db, { name: 'pass-unscanned' }, (tx) => release(tx, blob))
  if (isReleased) metrics?.count('pds_blob_scans_total', { verdict: 'passed' })
}

async function release(tx: Transaction, { actorId, cid }: BlobAt): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('blob')
    .set({ held_since: null })
    .where('actor_id', '=', actorId)
    .where('cid', '=', cid)
    .where('held_since', 'is not', null)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}
