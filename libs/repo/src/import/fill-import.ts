import type { Digest } from '@heronry/core/cid'
import type { StoreId } from '@heronry/core/ids'
import { type Rev, revNumber } from '@heronry/core/rev'
import { copyInto } from '@heronry/db/copy-into'
import { CopyWriter } from '@heronry/db/copy-writer'
import type { Database } from '@heronry/db/database'
import type { NodeRow } from '@heronry/mst/diff-rows'
import { badCar } from './bad-car.ts'
import type { ImportBlocks } from './import-blocks.ts'
import { importedRecord } from './imported-record.ts'
import { importPageRecords } from './limits.ts'
import { type WalkedRecord, walkTree } from './walk-tree.ts'

export interface ImportFill {
  readonly blocks: ImportBlocks
  /** Digest of the tree's root. */
  readonly data: Digest
  readonly storeId: StoreId
  /** Of all records. */
  readonly rev: Rev
  /** Of the records together. */
  readonly bytesMax: number
}

/**
 * Fills an empty store with an imported tree: records, nodes, backlinks and blob references, page by page, each in transactions of its own, in
 * the order of the tree, so that every index grows at its right end. Nobody sees the store yet. Throws `InvalidRequest`.
 */
export async function fillImport(
  db: Database,
  { blocks, data, storeId, rev, bytesMax }: ImportFill,
  signal: AbortSignal,
): Promise<{ records: number; bytes: number }> {
  const rows = new StoreRows(db, { storeId, rev })
  const totals = { records: 0, bytes: 0 }
  const waiting: WalkedRecord[] = []
  const load = (digests: readonly Digest[]) => blocks.load(digests)
  const write = async (recordsMin: number) => {
    while (waiting.length >= recordsMin && waiting.length > 0) {
      signal.throwIfAborted()
      const page = waiting.slice(0, importPageRecords)
      const bodies = await blocks.load(page.map(({ cid }) => cid))
      let written = 0
      for (const body of bodies) {
        if (body === null) break
        rows.record(page[written++] as WalkedRecord, body)
        totals.bytes += body.length
      }
      if (totals.bytes > bytesMax) throw badCar(`The records have more than ${bytesMax} bytes together`)
      waiting.splice(0, written)
      totals.records += written
      await rows.flush()
    }
  }
  for await (const page of walkTree(load, data)) {
    for (const node of page.nodes) rows.node(node)
    waiting.push(...page.records)
    await write(importPageRecords)
  }
  await write(0)
  await rows.flush()
  return totals
}

/** Rows of a store that wait for their COPY. */
class StoreRows {
  readonly #db: Database
  readonly #storeId: StoreId
  readonly #rev: bigint
  readonly #tables = {
    'record (store_id, path, cid, rev, value)': new CopyWriter(),
    'mst_node (store_id, layer, lo, cid, body)': new CopyWriter(),
    'backlink (store_id, kind, subject, path)': new CopyWriter(),
    'record_blob (store_id, cid, path)': new CopyWriter(),
  }

  constructor(db: Database, { storeId, rev }: { storeId: StoreId; rev: Rev }) {
    this.#db = db
    this.#storeId = storeId
    this.#rev = revNumber(rev)
  }

  record({ path, cid }: WalkedRecord, value: Buffer): void {
    const { backlink, blobs } = importedRecord(path, value)
    const tables = this.#tables
    const row = tables['record (store_id, path, cid, rev, value)'].row(5).int8(this.#storeId).text(path)
    row.bytes(cid).int8(this.#rev).bytes(value)
    if (backlink !== null) {
      const link = tables['backlink (store_id, kind, subject, path)'].row(4).int8(this.#storeId)
      link.int2(backlink.kind).bytes(backlink.subject).text(path)
    }
    for (const blob of blobs) {
      tables['record_blob (store_id, cid, path)'].row(3).int8(this.#storeId).bytes(blob).text(path)
    }
  }

  node({ layer, lo, cid, body }: NodeRow): void {
    const row = this.#tables['mst_node (store_id, layer, lo, cid, body)'].row(5).int8(this.#storeId)
    row.int2(layer).text(lo).bytes(cid).bytes(body)
  }

  async flush(): Promise<void> {
    for (const [target, rows] of Object.entries(this.#tables)) {
      if (rows.size > 0) await copyInto(this.#db, target, [rows.take()])
    }
  }
}
