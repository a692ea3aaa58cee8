import type { Database } from '@heronry/db/database'
import { defineJob } from '@heronry/jobs/define-job'
import { handle, type JobHandler } from '@heronry/jobs/handler'
import { sql } from 'kysely'
import { applyBlocks, runApplyBlocks } from './apply-blocks.ts'
import { placeBlob, probeBlob, scanBlob } from './blob-jobs.ts'
import { blobStates } from './blob-state.ts'
import type { CareDeps } from './care-deps.ts'
import { collectBlobs } from './collect-blobs.ts'
import { collectEveryMs, collectRowsMax, reconcileEveryMs, reconcileTimeoutMs } from './limits.ts'
import { orphanBlobs } from './orphan-blobs.ts'
import { runPlaceBlob } from './place-blob.ts'
import { type Probe, runProbeBlob } from './probe-blob.ts'
import { nightly, reconcileBlobs } from './reconcile-blobs.ts'
import { runScanBlob, type ScanPolicy } from './scan-blob.ts'

export interface BlobHandlerDeps extends CareDeps, ScanPolicy {
  readonly probe: Probe
}

const collect = defineJob<object>({ queue: 'blobs', name: 'collect-blobs', parse: () => ({}) })
const reconcile = defineJob<object>({ queue: 'blobs', name: 'reconcile-blobs', parse: () => ({}) })

/** The handlers of the queue `blobs`. */
export function blobHandlers(deps: BlobHandlerDeps): JobHandler[] {
  return [
    handle(collect, ({ signal }) => collectBlobs(deps, signal), {
      everyMs: collectEveryMs,
      retryDelaysMs: [60_000, 600_000],
    }),
    handle(
      reconcile,
      async ({ signal }) => {
        await reconcileBlobs(deps, nightly, signal)
      },
      { everyMs: reconcileEveryMs, timeoutMs: reconcileTimeoutMs },
    ),
    handle(orphanBlobs, ({ payload, signal }) => orphanAll(deps.db, BigInt(payload.actorId), signal)),
    handle(placeBlob, (run) => runPlaceBlob(deps, run)),
    handle(scanBlob, (run) => runScanBlob(deps, run), { timeoutMs: 10 * 60_000 }),
    handle(probeBlob, (run) => runProbeBlob(deps, run)),
    handle(applyBlocks, (run) => runApplyBlocks(deps, run), { timeoutMs: reconcileTimeoutMs }),
  ]
}

/**
 * Some rows at a time. They are due at once, those that were taken down as well: nobody is left who could refer to them. What a legal hold
 * names waits until it is lifted. kill -9 here → the next attempt goes on.
 */
async function orphanAll(db: Database, actorId: bigint, signal: AbortSignal): Promise<void> {
  for (let changed = collectRowsMax; changed === collectRowsMax; ) {
    signal.throwIfAborted()
    const { numAffectedRows } = await sql`
      UPDATE blob b SET state = ${blobStates.unreferenced}, orphan_since = '-infinity'
      FROM (SELECT actor_id, cid FROM blob
            WHERE actor_id = ${actorId} AND orphan_since IS DISTINCT FROM '-infinity'
            LIMIT ${collectRowsMax} FOR UPDATE) due
      WHERE b.actor_id = due.actor_id AND b.cid = due.cid`.execute(db)
    changed = Number(numAffectedRows ?? 0n)
  }
}
