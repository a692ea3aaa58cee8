import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'
import type { PlcDirectory } from '@heronry/identity/plc-directory'
import { operationCid, tombstoneOperation } from '@heronry/identity/plc-operation'
import { enqueue } from '@heronry/jobs/enqueue'
import type { Logger } from '@heronry/telemetry/logger'
import type { Signer } from '@heronry/vault/vault'
import { type Retirement, retireDid } from './account-job-kinds.ts'
import { strayCheckMs } from './limits.ts'
import { isLostAccount } from './lost-account.ts'

export interface RetireDidDeps {
  db: Database
  plc: PlcDirectory
  rotation: Signer
  logger: Logger
}

/**
 * What a retirement leaves to be done in the transaction that ends its job: nothing, or a second look, because a request that
 * was under way when the sign-up was given up may have arrived at the directory after we asked.
 */
export type Rest = (tx: Transaction) => Promise<void>

/**
 * Tombstones a DID whose sign-up came to nothing, if the PLC directory has it. May be done any number of times.
 *
 * A DID that has gone on since its genesis belongs to whoever has its recovery key, one that an actor here has is in use, and one of the
 * lost tail may be in use elsewhere: they are left alone.
 */
export async function retire({ db, plc, rotation, logger }: RetireDidDeps, job: Retirement): Promise<Rest> {
  const { did, operation, isSecondLook } = job
  if (await isInUse(db, job)) {
    logger.error({ did }, 'A DID in use was to be retired')
    return nothing
  }
  if (await isLostAccount(db, did)) {
    logger.error({ did }, 'A DID was not retired: it may be that of an account which is lost')
    return nothing
  }
  const last = await plc.lastOperation(did)
  if (last === null) return isSecondLook ? nothing : lookAgain(job)
  if (last.type === 'plc_tombstone') return nothing
  if (operationCid(last) !== operationCid(operation)) {
    logger.warn({ did }, 'A DID was taken over by its owner before it was retired')
    return nothing
  }
  await plc.submit(did, await tombstoneOperation(rotation, last))
  return nothing
}

async function nothing(): Promise<void> {}

function lookAgain({ did, operation }: Retirement): Rest {
  const runAt = new Date(Date.now() + strayCheckMs)
  const payload = { did, operation, isSecondLook: true }
  return async (tx) => void (await enqueue(tx, retireDid, { payload, runAt }))
}

async function isInUse(db: Database, { did }: Retirement): Promise<boolean> {
  const actor = await db.selectFrom('actor').select('id').where('did', '=', did).executeTakeFirst()
  return actor !== undefined
}
