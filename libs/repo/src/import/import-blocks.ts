import { cidString, type Digest } from '@heronry/core/cid'
import type { StoreId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { badCar } from './bad-car.ts'
import { stageCurrent } from './stage-current.ts'
import { type StagedBlock, stagedBlocks } from './staged-blocks.ts'

/** The blocks of an import: those that came, and, once one of them is missing, those of the repo as it is. */
export class ImportBlocks {
  readonly #db: Database
  readonly #importId: bigint
  /** The live store; undefined once its blocks are staged, too. */
  #current: StoreId | undefined

  constructor(db: Database, { importId, current }: { importId: bigint; current: StoreId }) {
    this.#db = db
    this.#importId = importId
    this.#current = current
  }

  /** In the order of `digests`, the first ones that have room together; null: ask again. Throws `InvalidRequest` where one is missing. */
  async load(digests: readonly Digest[]): Promise<Exclude<StagedBlock, undefined>[]> {
    const found = await this.#staged(digests)
    const missing = found.indexOf(undefined)
    if (missing === -1) return found as Exclude<StagedBlock, undefined>[]
    if (this.#current === undefined) {
      throw badCar(`The block ${cidString(digests[missing] as Digest)} is missing from the CAR`)
    }
    await stageCurrent(this.#db, { importId: this.#importId, storeId: this.#current })
    this.#current = undefined
    return await this.load(digests)
  }

  #staged(digests: readonly Digest[]): Promise<StagedBlock[]> {
    return stagedBlocks(this.#db, { importId: this.#importId, digests })
  }
}
