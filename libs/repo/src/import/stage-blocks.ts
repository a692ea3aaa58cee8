import type { Digest } from '@heronry/core/cid'
import { copyInto } from '@heronry/db/copy-into'
import { CopyWriter } from '@heronry/db/copy-writer'
import type { Database } from '@heronry/db/database'
import type { CarBlock } from '../car.ts'
import { CarParser } from './car-parser.ts'
import { stagedPieceBytesMax } from './limits.ts'

export interface StagedCar {
  readonly root: Digest
  readonly blocks: number
  readonly bytes: number
}

export interface Staging {
  readonly body: AsyncIterable<Uint8Array>
  /** Called when the root is known, before the first block is staged: the number to stage under; null: nothing is staged. */
  readonly begin: (root: Digest) => Promise<bigint | null>
}

/**
 * Stages the blocks of a CAR while it arrives: memory is a piece of `stagedPieceBytesMax`, and a connection is held for as long as a piece takes,
 * however slow the client. Answers when all of them are there. Throws `InvalidRequest`, and what `body` throws.
 */
export async function stageCar(db: Database, { body, begin }: Staging): Promise<StagedCar> {
  const parser = new CarParser()
  let stage: BlockStage | null | undefined
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    const blocks = parser.take(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    if (stage === undefined && parser.root !== null) {
      const importId = await begin(parser.root)
      stage = importId === null ? null : new BlockStage(db, importId)
    }
    if (!stage) continue
    for (const block of blocks) stage.add(block)
    await stage.flushIfFull()
  }
  const root = parser.end()
  await stage?.flush()
  return { root, blocks: parser.blocks, bytes }
}

/** Rows of `import_block` for the next COPY. */
export class BlockStage {
  readonly #db: Database
  readonly #importId: bigint
  readonly #rows = new CopyWriter()

  constructor(db: Database, importId: bigint) {
    this.#db = db
    this.#importId = importId
  }

  add({ cid, bytes }: CarBlock): void {
    this.#rows.row(3).int8(this.#importId).bytes(cid).bytes(bytes)
  }

  async flushIfFull(): Promise<void> {
    if (this.#rows.size >= stagedPieceBytesMax) await this.flush()
  }

  async flush(): Promise<void> {
    if (this.#rows.size === 0) return
    await copyInto(this.#db, 'import_block (import_id, digest, body)', [this.#rows.take()])
  }
}
