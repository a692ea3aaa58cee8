import { HeronryError } from '@heronry/core/error'
import type { ActorId } from '@heronry/core/ids'
import type { Rev } from '@heronry/core/rev'
import type { Database } from '@heronry/db/database'
import { openSnapshot } from '@heronry/db/open-snapshot'
import type { Logger } from '@heronry/telemetry/logger'
import { type CarBlock, carFrame, carHeader } from './car.ts'
import { repairedTree } from './damaged-tree.ts'
import { recordRows } from './export-rows.ts'
import { findRepo } from './find-repo.ts'
import { exportChunkBytes, exportMsMax } from './read-limits.ts'
import { treeBlocks } from './tree-blocks.ts'

/**
 * A repo as a CAR (https://atproto.com/specs/repository#car-file-serialization): the commit, then the tree in preorder, each
 * record after the node that names it. `since` leaves out records last written at or before that revision; nodes are never left
 * out, because what a deletion changed is not known.
 *
 * One snapshot from the first byte to the last, memory bounded by pages (read-limits.ts). Ending the iteration early gives the
 * connection back; a consumer that stalls longer than an idle transaction may last (libs/db) gets an error instead of more bytes.
 * Throws `RepoNotFound`, `ServiceUnavailable` where too many are under way, and ends in an error after exportMsMax.
 */
export async function* exportRepo(
  deps: { db: Database; logger: Logger },
  query: ExportQuery,
): AsyncGenerator<Uint8Array> {
  try {
    yield* exportOnce(deps.db, query)
  } catch (error) {
    // What was sent cannot be taken back: this export ends here, the next one finds the tree repaired.
    await repairedTree(deps, { actorId: query.actorId, error })
    throw error
  }
}

export interface ExportQuery {
  actorId: ActorId
  since?: Rev | undefined
}

async function* exportOnce(db: Database, { actorId, since }: ExportQuery): AsyncGenerator<Uint8Array> {
  const deadline = performance.now() + exportMsMax
  await using snapshot = await openSnapshot(db)
  const repo = await findRepo(snapshot.tx, actorId)
  if (repo === undefined) throw new HeronryError('RepoNotFound', 'The repo is gone')
  const records = recordRows(snapshot.tx, { storeId: repo.storeId, since })
  const chunk = new CarChunk()
  chunk.push(carHeader(repo.head))
  chunk.pushBlock({ cid: repo.head, bytes: repo.commit })
  for await (const block of treeBlocks(snapshot.tx, { storeId: repo.storeId, data: repo.data, records })) {
    chunk.pushBlock(block)
    if (chunk.size >= exportChunkBytes) yield chunk.take()
    if (performance.now() > deadline) throw new Error(`An export took more than ${exportMsMax} ms`)
  }
  yield chunk.take()
}

/** Collects the small pieces of a CAR, because every piece written to a socket has its price. */
class CarChunk {
  size = 0
  #parts: Uint8Array[] = []

  push(bytes: Uint8Array): void {
    this.#parts.push(bytes)
    this.size += bytes.length
  }

  pushBlock(block: CarBlock): void {
    this.push(carFrame(block))
    this.push(block.bytes)
  }

  take(): Uint8Array {
    const bytes = Buffer.concat(this.#parts, this.size)
    this.#parts = []
    this.size = 0
    return bytes
  }
}
