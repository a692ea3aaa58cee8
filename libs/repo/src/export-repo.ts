import type { Readable } from 'node:stream'
import { HeronryError } from '@heronry/core/error'
import type { ActorId } from '@heronry/core/ids'
import type { Rev } from '@heronry/core/rev'
import { copyRows } from '@heronry/db/copy-rows'
import type { Database } from '@heronry/db/database'
import { openSnapshot } from '@heronry/db/open-snapshot'
import type { Logger } from '@heronry/telemetry/logger'
import { carHeader } from './car.ts'
import { CarWriter } from './car-writer.ts'
import { ChunkMemory } from './chunk-memory.ts'
import { repairedTree } from './damaged-tree.ts'
import { exportQuery, exportSettings } from './export-query.ts'
import { findTree, leafKeys } from './export-rows.ts'
import { type PatientLimits, PatientStream, type Sink } from './patient-stream.ts'
import { PieceRows } from './piece-rows.ts'
import {
  exportBufferBytesMax,
  exportChunkBytes,
  exportMsMax,
  exportPatienceMs,
  exportTurnMsMax,
} from './read-limits.ts'
import type { Spools } from './spools.ts'
import { TreeCar } from './tree-car.ts'

export interface ExportDeps {
  readonly db: Database
  readonly logger: Logger
  /** Where the rest of an export waits, whose reader is slower than its snapshot may live. */
  readonly spools: Spools
  /** The Postgres role that reads; that of the connection unless said. */
  readonly role?: string | undefined
  /** Those of read-limits.ts unless said. */
  readonly limits?: PatientLimits
}

export interface ExportQuery {
  readonly actorId: ActorId
  readonly since?: Rev | undefined
}

/**
 * A repo as a CAR (https://atproto.com/specs/repository#car-file-serialization): the commit, then the tree in preorder, each
 * record after the node that names it. `since` leaves out records last written at or before that revision; nodes are never left
 * out, because what a deletion changed is not known.
 *
 * One snapshot from the first byte to the last, opened with the first read; it waits for the reader for exportPatienceMs in all, then the
 * rest goes into a spool. Memory is bounded (read-limits.ts). Destroying the stream ends all of it.
 *
 * The stream fails with `RepoNotFound`, with `ServiceUnavailable` where too many are under way or spools are full, and after exportMsMax.
 * A damaged tree is repaired: before the first bytes were sent, nobody sees it; after them, they cannot be taken back.
 */
export function exportRepo(deps: ExportDeps, query: ExportQuery): Readable {
  const { spools, limits = exportLimits } = deps
  const memory = new ChunkMemory(chunkBytes)
  const produce = (sink: Sink) => exportRepaired(deps, { query, sink, memory })
  return new PatientStream({ spools, limits, memory, produce })
}

const exportLimits: PatientLimits = {
  bufferBytesMax: exportBufferBytesMax,
  patienceMs: exportPatienceMs,
  streamMsMax: exportMsMax,
}

interface Export {
  readonly query: ExportQuery
  readonly sink: Sink
  readonly memory: ChunkMemory
}

async function exportRepaired(deps: ExportDeps, { query, sink, memory }: Export): Promise<void> {
  let sent = false
  const write = (bytes: Buffer) => {
    sent = true
    return sink.write(bytes)
  }
  try {
    await exportOnce(deps, { query, sink: { ...sink, write }, memory })
  } catch (error) {
    const repaired = await repairedTree(deps, { actorId: query.actorId, error })
    if (!repaired || sent) throw error
    await exportOnce(deps, { query, sink, memory })
  }
}

async function exportOnce(
  { db, role }: ExportDeps,
  { query: { actorId, since }, sink, memory }: Export,
): Promise<void> {
  await using snapshot = await openSnapshot(db, {
    role,
    waitMs: exportTurnMsMax,
    settings: exportSettings,
  })
  const { tx } = snapshot
  sink.assertReader()
  const tree = await findTree(tx, actorId)
  if (tree === undefined) throw new HeronryError('RepoNotFound', 'The repo is gone')
  const { repo, layer } = tree
  const car = new CarWriter(memory)
  car.append(carHeader(repo.head))
  car.block({ digest: { bytes: repo.head, at: 0 }, bytes: repo.commit })
  const writer = new TreeCar(car, { layer, data: repo.data })
  for await (const piece of copyRows(tx, exportQuery({ storeId: repo.storeId, since, layers: layer }))) {
    const rows = new PieceRows(piece)
    for (let leaf = writer.add(rows); leaf !== undefined; leaf = writer.add(rows)) {
      writer.openLeaf(await leafKeys(db, { storeId: repo.storeId, ...leaf }))
    }
    if (car.size >= exportChunkBytes) await sink.write(car.take())
  }
  writer.end()
  await sink.write(car.take())
}

/** A chunk is full with the piece that fills it: what the driver's socket reads at once, as a rule. */
const chunkBytes = exportChunkBytes + 65_536 + 16_384
