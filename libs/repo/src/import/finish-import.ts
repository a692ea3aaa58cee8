import { digestsEqual } from '@heronry/core/cid'
import type { Clock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import type { ActorId } from '@heronry/core/ids'
import { nextRev, type Rev, revNumber } from '@heronry/core/rev'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { appendEvents } from '@heronry/events/append-events'
import type { Signer } from '@heronry/vault/vault'
import { sql } from 'kysely'
import { enqueueDropStore } from '../drop-store.ts'
import { findRepo, type RepoHead } from '../find-repo.ts'
import { findSigner } from '../find-signer.ts'
import { headSync } from '../head-sync.ts'
import { lockRepo } from '../lock-repo.ts'
import { markBlobs } from '../mark-blobs.ts'
import { abandonStore, keepStore, type NewStore, reserveStore } from '../new-store.ts'
import { recommit } from '../recommit.ts'
import type { RepoActor } from '../repo-state.ts'
import { signCommit } from '../sign-commit.ts'
import { fillImport } from './fill-import.ts'
import { ImportBlocks } from './import-blocks.ts'
import { findImport, type ImportKey } from './import-store.ts'
import type { ImportedCommit } from './imported-commit.ts'

export interface FinishDeps {
  readonly db: Database
  readonly vault: { signer(actorId: ActorId): Promise<Signer> }
  readonly clock: Clock
}

export interface StagedImport extends ImportKey {
  readonly actor: RepoActor
  readonly commit: Pick<ImportedCommit, 'rev' | 'data'>
  /** Of its records together. */
  readonly bytesMax: number
  /** The address it came from, where nobody could check its signature. */
  readonly unverifiedFrom: string | null
  /** Called last in the transaction that makes the import the repo. */
  readonly flipped: (tx: Transaction) => Promise<void>
}

/**
 * Makes an actor's repo the tree that is staged, signed anew by us with a revision beyond its own and the imported one: a new store is filled
 * beside the live one, and both change places in one short transaction under the row lock. Where the repo has that tree already, only the
 * revision may change.
 *
 * kill -9 anywhere → the old repo, whole, or the new one. What was filled or staged by then is taken away by jobs that were written before (the
 * queues `stores` and `imports`). Throws `InvalidRequest` for a tree that is wrong, and where the repo was written to meanwhile.
 */
export async function finishImport(
  deps: FinishDeps,
  staged: StagedImport,
  signal: AbortSignal,
): Promise<void> {
  const { actor, commit } = staged
  const repo = await findRepo(deps.db, actor.id)
  const signer = repo && (await findSigner(deps, actor.id))
  if (repo === undefined || signer === undefined)
    throw new HeronryError('RepoNotFound', 'Could not find the repo')
  const swap = { ...staged, repo, signer }
  if (digestsEqual(repo.data, commit.data)) return await catchUpRev(deps, swap)
  const store = await reserveStore(deps.db, actor.id)
  try {
    const rev = nextRev(deps.clock, later(repo.rev, commit.rev))
    const blocks = new ImportBlocks(deps.db, { importId: staged.importId, current: repo.storeId })
    const { data } = commit
    const fill = { blocks, data, storeId: store.storeId, rev, bytesMax: staged.bytesMax }
    const totals = await fillImport(deps.db, fill, signal)
    await inTransaction(deps.db, { name: 'import repo' }, (tx) =>
      flip(tx, deps, { ...swap, ...totals, store, rev }),
    )
  } catch (error) {
    // Should this fail as well, the job that stands drops the store, only later.
    await abandonStore(deps.db, store).catch(() => {})
    throw error
  }
}

interface Swap extends StagedImport {
  /** As the import found it. */
  readonly repo: RepoHead
  readonly signer: Signer
}

interface Flip extends Swap {
  readonly store: NewStore
  readonly rev: Rev
  readonly records: number
  readonly bytes: number
}

async function flip(tx: Transaction, { clock }: { clock: Clock }, swap: Flip): Promise<void> {
  const { actor, repo, signer, store, rev, records, bytes } = swap
  const now = await lockUnchanged(tx, swap)
  await keepStore(tx, store)
  const commit = signCommit(signer, { did: actor.did, rev, data: swap.commit.data })
  await tx
    .updateTable('repo')
    .set({
      store_id: store.storeId,
      head: commit.cid,
      rev: revNumber(rev),
      data: swap.commit.data,
      commit: commit.bytes,
      record_count: BigInt(records),
      byte_count: BigInt(bytes),
    })
    .where('actor_id', '=', actor.id)
    .execute()
  await keepTakedowns(tx, { from: repo.storeId, to: store.storeId })
  await markBlobs(tx, { actorId: actor.id, storeId: store.storeId })
  await enqueueDropStore(tx, repo)
  if (now.published && now.writable) {
    const head = { head: commit.cid, rev, commit: commit.bytes }
    await announce(tx, { actor, event: headSync(head, { did: actor.did, time: new Date(clock.now()) }) })
  }
  await swap.flipped(tx)
}

/** The repo has the imported tree already. */
async function catchUpRev(deps: FinishDeps, swap: Swap): Promise<void> {
  await inTransaction(deps.db, { name: 'import repo' }, async (tx) => {
    const repo = await lockUnchanged(tx, swap)
    const { actor, signer, commit } = swap
    if (commit.rev > repo.rev) {
      const event = await recommit(tx, deps, { actor, repo, signer, afterRev: commit.rev })
      if (repo.published && repo.writable) await announce(tx, { actor, event })
    }
    await swap.flipped(tx)
  })
}

/** Takes the row. Throws where the repo is not as the import found it, or a later import of it has begun. */
async function lockUnchanged(tx: Transaction, swap: Swap): Promise<RepoHead> {
  const repo = await lockRepo(tx, swap.actor.id)
  if (repo === undefined || !digestsEqual(repo.head, swap.repo.head)) {
    throw new HeronryError('InvalidRequest', 'The repo was written to while it was imported: import it again')
  }
  if ((await findImport(tx, swap)) === undefined) throw superseded()
  return repo
}

export function superseded(): HeronryError {
  return new HeronryError(
    'InvalidRequest',
    'Another import of this account was begun later, and has taken its place',
  )
}

/** What moderators have taken down stays down, whoever imports it again. */
async function keepTakedowns(tx: Transaction, { from, to }: { from: bigint; to: bigint }): Promise<void> {
  await sql`
    UPDATE record n SET takedown = o.takedown FROM record o
    WHERE o.store_id = ${from} AND o.takedown <> 0 AND n.store_id = ${to} AND n.path = o.path`.execute(tx)
}

/** A repo that is not active is announced by its activation. */
async function announce(
  tx: Transaction,
  { actor, event }: { actor: RepoActor; event: Awaited<ReturnType<typeof recommit>> },
): Promise<void> {
  await appendEvents(tx, { actorId: actor.id, communityId: actor.communityId, events: [event] })
}

function later(left: Rev, right: Rev): Rev {
  return left > right ? left : right
}
