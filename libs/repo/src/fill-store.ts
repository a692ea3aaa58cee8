import type { Digest } from '@heronry/core/cid'
import type { StoreId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { TreeBuilder } from '@heronry/mst/build-tree'
import type { NodeRow } from '@heronry/mst/diff-rows'
import { copyRecords, type StoredValue, soundRecord } from './copy-records.ts'
import { rebuildPageMax, rebuildRecordsMax } from './limits.ts'
import { insertNodes } from './rebuild-nodes.ts'

/** A store in the making: what has been copied so far. */
export interface StoreCopy {
  readonly from: StoreId
  readonly to: StoreId
  root: { readonly layer: number; readonly cid: Digest; readonly bytes: Uint8Array }
  records: number
  /** Of the records. */
  bytes: number
  /** Paths whose CID was not that of their value, and is now. */
  readonly renamed: Set<string>
  /** Paths whose value is no record, with the rev they were written at; they are not in the new store. */
  readonly unreadable: Map<string, bigint>
}

/**
 * Fills the store `to` from the records of `from`: CIDs, nodes, backlinks and blob references are worked out anew from the values. Memory is one
 * page of records and one node a layer.
 *
 * No lock, no transaction that is longer than a page: writes go on, and what they change is for `catchUp` to find. The copy is
 * whole in itself all the same: its tree is that of the rows it has.
 */
export async function fillStore(
  db: Database,
  { from, to }: { from: StoreId; to: StoreId },
): Promise<StoreCopy> {
  const nodes: NodeRow[] = []
  let top: NodeRow | null = null
  const builder = new TreeBuilder((row) => {
    top = row
    if (row.layer > 0) nodes.push(row)
  })
  const totals = { records: 0, bytes: 0, renamed: new Set<string>(), unreadable: new Map<string, bigint>() }
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page: StoredValue[] = await valuesAfter(db, { from, after })
    for (const record of await copyPage(db, { from, to, page, totals })) builder.add(record)
    if (nodes.length >= rebuildPageMax) await insertNodes(db, { storeId: to, rows: nodes.splice(0) })
    after = page.at(-1)?.path
  }
  builder.finish()
  await insertNodes(db, { storeId: to, rows: nodes })
  // The builder hands out the root last.
  const { layer, cid, body } = top as unknown as NodeRow
  return { from, to, root: { layer, cid, bytes: body }, ...totals }
}

/** Copies what is sound of the page, counts it, and answers what has arrived. */
export async function copyPage(
  db: Database,
  { from, to, page, totals }: CopiedPage,
): Promise<{ path: string; cid: Digest }[]> {
  const sound = page.flatMap((row) => soundRecord(row) ?? [])
  const paths = new Set(sound.map(({ path }) => path))
  for (const { path, rev } of page) if (!paths.has(path)) totals.unreadable.set(path, rev)
  const copied = await copyRecords(db, { from, to, records: sound })
  const arrived = sound.filter(({ path }) => copied.has(path))
  for (const { path, size, isRenamed } of arrived) {
    totals.records++
    totals.bytes += size
    if (isRenamed) totals.renamed.add(path)
  }
  return arrived
}

interface CopiedPage {
  readonly from: StoreId
  readonly to: StoreId
  readonly page: readonly StoredValue[]
  readonly totals: Pick<StoreCopy, 'records' | 'bytes' | 'renamed' | 'unreadable'>
}

async function valuesAfter(
  db: Database,
  { from, after }: { from: StoreId; after: string },
): Promise<StoredValue[]> {
  return await db
    .selectFrom('record')
    .select(['path', 'cid', 'rev', 'value'])
    .where('store_id', '=', from)
    .where('path', '>', after)
    .orderBy('path')
    .limit(rebuildRecordsMax)
    .execute()
}
