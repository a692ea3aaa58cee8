import type { Digest } from '@heronry/core/cid'
import { parseDid } from '@heronry/core/did'
import { isHeronryError } from '@heronry/core/error'
import type { ActorId, CommunityId } from '@heronry/core/ids'
import { parseRev } from '@heronry/core/rev'
import { sleep } from '@heronry/core/sleep'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { Deferral } from '@heronry/jobs/deferral'
import { defineJob } from '@heronry/jobs/define-job'
import { enqueue } from '@heronry/jobs/enqueue'
import { handle, type JobHandler, type JobRun } from '@heronry/jobs/handler'
import { sql } from 'kysely'
import { badCar } from './bad-car.ts'
import { dropImportHandler } from './drop-import.ts'
import { type FinishDeps, finishImport, type StagedImport, superseded } from './finish-import.ts'
import { countStaged, findImport, importShare, importStates, setImport } from './import-store.ts'
import { importDeferMs, importMsMax, importPollMs, importRetryDelaysMs } from './limits.ts'
import { unstage } from './unstage.ts'

/** A staged import, for a worker to finish. */
export type LargeImport = Omit<StagedImport, 'flipped'>

const importStaged = defineJob({
  queue: 'imports',
  name: 'import-repo',
  parse(payload: unknown): LargeImport {
    const { importId, actorId, communityId, did, rev, data, bytesMax, unverifiedFrom } = payload as Record<
      string,
      string
    >
    const id = BigInt(actorId as string) as ActorId
    return {
      importId: BigInt(importId as string),
      actorId: id,
      actor: { id, communityId: Number(communityId) as CommunityId, did: parseDid(did as string) },
      commit: {
        rev: parseRev(rev as string),
        data: Buffer.from(data as string, 'hex') as Uint8Array as Digest,
      },
      bytesMax: Number(bytesMax),
      unverifiedFrom: unverifiedFrom ?? null,
    }
  },
})

export async function enqueueImport(tx: Transaction, large: LargeImport): Promise<void> {
  const { actor, importId, commit, bytesMax, unverifiedFrom } = large
  const payload = {
    importId: String(importId),
    actorId: String(actor.id),
    communityId: String(actor.communityId),
    did: actor.did,
    rev: commit.rev,
    data: Buffer.from(commit.data).toString('hex'),
    bytesMax: String(bytesMax),
    unverifiedFrom,
  }
  await enqueue(tx, importStaged, { key: `finish-${importId}`, payload: payload as never, actorId: actor.id })
}

/** Resolves when a worker has finished the import. Throws what it was refused for. */
export async function awaitImport(
  db: Database,
  key: Pick<LargeImport, 'actorId' | 'importId'>,
): Promise<void> {
  const deadline = Date.now() + importMsMax
  while (Date.now() < deadline) {
    const found = await findImport(db, key)
    if (found === undefined) throw superseded()
    if (found.state === importStates.done) return
    if (found.state === importStates.refused) throw badCar(found.error ?? 'The import was refused')
    await sleep(importPollMs, never)
  }
  throw badCar('The import has taken too long')
}

const never = new AbortController().signal

/** The handlers of the queue `imports`. */
export function importHandlers(deps: ImportWorkerDeps): JobHandler[] {
  const options = { timeoutMs: importMsMax, retryDelaysMs: importRetryDelaysMs }
  return [handle(importStaged, (job) => workOn(deps, job), options), dropImportHandler(deps)]
}

export interface ImportWorkerDeps extends FinishDeps {
  /** Told, in the transaction that flips, of an import whose signature nobody could check. */
  readonly tellUnverified: (tx: Transaction, large: LargeImport) => Promise<void>
}

/**
 * kill -9 → the next attempt begins with what was staged; the store that was half filled is dropped. A crash of Postgres leaves nothing staged:
 * then whoever sent it is told to send it again.
 */
async function workOn(deps: ImportWorkerDeps, job: JobRun<LargeImport>): Promise<void> {
  const { db } = deps
  const large = job.payload
  const found = await findImport(db, large)
  if (found === undefined || found.state >= importStates.done) return
  if (!(await takeShare(db, large))) throw new Deferral(importDeferMs)
  try {
    if ((await countStaged(db, large.importId)) < found.blocks) {
      throw badCar('The upload was lost by a restart of the database: send it again')
    }
    const flipped = async (tx: Transaction) => {
      await setImport(tx, large, { state: importStates.done })
      if (large.unverifiedFrom !== null) await deps.tellUnverified(tx, large)
    }
    await finishImport(deps, { ...large, flipped }, job.signal)
  } catch (error) {
    const isLast = job.attempt > importRetryDelaysMs.length && !job.signal.aborted
    if (!isHeronryError(error) && !isLast) throw error
    const told = isHeronryError(error) ? error.message : 'The import has failed: try again later'
    await setImport(db, large, { state: importStates.refused, error: told })
    if (!isHeronryError(error)) throw error
  }
  await unstage(db, large.importId)
}

/** False where its community has its share of the workers, and another one waits. One worker after the other, lest two take the same share. */
async function takeShare(db: Database, large: LargeImport): Promise<boolean> {
  return await inTransaction(db, { name: 'share of imports' }, async (tx) => {
    await sql`SELECT pg_advisory_xact_lock(hashtext('heronry.imports'))`.execute(tx)
    const { working, othersWait } = await importShare(tx, large)
    return (working === 0 || !othersWait) && (await setImport(tx, large, { state: importStates.working }))
  })
}
