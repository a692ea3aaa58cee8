import { type Digest, digestsEqual } from '@heronry/core/cid'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import type { RepoActor } from '../repo-state.ts'
import { badCar } from './bad-car.ts'
import { finishImport, superseded } from './finish-import.ts'
import { awaitImport, enqueueImport, type ImportWorkerDeps } from './import-job.ts'
import type { ImportSeats } from './import-seats.ts'
import {
  beginImport,
  endImport,
  findOpenImport,
  type ImportKey,
  importStates,
  setImport,
} from './import-store.ts'
import { type ImportedCommit, importedCommit } from './imported-commit.ts'
import { requestImportBytesMax } from './limits.ts'
import { type StagedCar, stageCar } from './stage-blocks.ts'
import { stagedBlocks } from './staged-blocks.ts'

export interface ImportDeps extends ImportWorkerDeps {
  readonly seats: ImportSeats
  /** Whether a key of the commit's DID has signed it, as far as that can be found out. */
  readonly isSigned: (commit: ImportedCommit) => Promise<boolean>
}

export interface RepoImport {
  readonly actor: RepoActor
  /** A CAR, decoded. */
  readonly body: AsyncIterable<Uint8Array>
  /** Of the records together. */
  readonly bytesMax: number
  /** Where an import whose signature cannot be checked comes from; undefined: it is refused. */
  readonly unverifiedFrom: string | undefined
  /** Above it a worker finishes the import. */
  readonly requestBytesMax?: number
}

/**
 * Makes an actor's repo the one that a CAR has, whole or as changes to the one that is here, signed anew by us. What it had besides is gone.
 *
 * The CAR is staged while it arrives, and finished by this process or, past `requestImportBytesMax`, by a worker, which is awaited: who has lost
 * the answer and sends the same CAR again awaits the same worker. Of two imports of one account the later one counts.
 *
 * kill -9 anywhere → the old repo, or the new one (finish-import.ts); the rest is taken away by the jobs of `beginImport` and `reserveStore`.
 * Throws `InvalidRequest` with what is wrong, and nothing has changed; `ServiceUnavailable` where too many upload; what `body` throws.
 */
export async function importRepo(deps: ImportDeps, request: RepoImport): Promise<void> {
  const { db, seats } = deps
  const { actor, body } = request
  const received = await seats.upload(() => receive(db, { actor, body }))
  if ('running' in received) return await awaitImport(db, received.running)
  const { key, car } = received
  let isHandedOver = false
  try {
    const commit = await readCommit(deps, { key, car, actor })
    const isVerified = await deps.isSigned(commit)
    const { unverifiedFrom: from, requestBytesMax = requestImportBytesMax } = request
    if (!isVerified && from === undefined) {
      throw badCar('The commit of the CAR is not signed by a key of its DID')
    }
    const staged = {
      ...key,
      actor,
      commit,
      bytesMax: request.bytesMax,
      unverifiedFrom: isVerified ? null : (from ?? null),
    }
    if (car.bytes <= requestBytesMax) {
      const flipped = async (tx: Transaction) => {
        if (staged.unverifiedFrom !== null) await deps.tellUnverified(tx, staged)
      }
      await seats.work(actor.communityId, () => finishImport(deps, { ...staged, flipped }, never))
    } else {
      await inTransaction(db, { name: 'hand over import' }, async (tx) => {
        const change = { state: importStates.waiting, commit: car.root, blocks: car.blocks }
        if (!(await setImport(tx, key, change))) throw superseded()
        await enqueueImport(tx, staged)
      })
      isHandedOver = true
      await awaitImport(db, key)
    }
  } finally {
    if (!isHandedOver) await endImport(db, key)
  }
}

/** Nobody stops an import that has been received: it ends soon, by itself. */
const never = new AbortController().signal

type Received = { readonly key: ImportKey; readonly car: StagedCar } | { readonly running: ImportKey }

async function receive(
  db: Database,
  { actor, body }: { actor: RepoActor; body: AsyncIterable<Uint8Array> },
): Promise<Received> {
  let key: ImportKey | undefined
  let running: ImportKey | undefined
  try {
    const car = await stageCar(db, {
      body,
      begin: async (root: Digest) => {
        const open = await findOpenImport(db, actor.id)
        if (open !== undefined && digestsEqual(open.commit, root)) {
          running = { actorId: actor.id, importId: open.importId }
          return null
        }
        key = await beginImport(db, actor)
        return key.importId
      },
    })
    return running === undefined ? { key: key as unknown as ImportKey, car } : { running }
  } catch (error) {
    if (key !== undefined) await endImport(db, key)
    throw error
  }
}

async function readCommit(
  { db, clock }: ImportDeps,
  { key, car, actor }: { key: ImportKey; car: StagedCar; actor: RepoActor },
): Promise<ImportedCommit> {
  const [block] = await stagedBlocks(db, { importId: key.importId, digests: [car.root] })
  if (!block) throw badCar('The CAR has no block for its root')
  return importedCommit(block, { did: actor.did, clock })
}
