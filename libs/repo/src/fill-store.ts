import { decode } from '@atproto/lex-cbor'
import { isPlainObject, type LexMap } from '@atproto/lex-data'
import { type Digest, digestsEqual, sha256 } from '@heronry/core/cid'
import type { StoreId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { TreeBuilder } from '@heronry/mst/build-tree'
import type { NodeRow } from '@heronry/mst/diff-rows'
import { sql } from 'kysely'
import { backlinkOf } from './backlink.ts'
import { rebuildPageMax, rebuildRecordsMax } from './limits.ts'
import { namedBlobs } from './named-blobs.ts'
import type { Backlink } from './prepared-write.ts'
import { insertNodes } from './rebuild-nodes.ts'

export interface FilledStore {
  readonly records: number
  readonly bytes: number
  readonly root: { readonly cid: Digest; readonly bytes: Uint8Array }
  /** Paths whose CID was not that of their value, and is now. */
  readonly renamed: readonly string[]
  /** Paths whose value is no record; they are not in the new store. */
  readonly unreadable: readonly string[]
}

/**
 * Fills the store `to` from the records of `from`: CIDs, nodes, backlinks and blob references are worked out anew from the values. Memory is one
 * page of records and one node a layer.
 */
export async function fillStore(
  tx: Transaction,
  { from, to }: { from: StoreId; to: StoreId },
): Promise<FilledStore> {
  const nodes: NodeRow[] = []
  let top: NodeRow | null = null
  const builder = new TreeBuilder((row) => {
    top = row
    if (row.layer > 0) nodes.push(row)
  })
  const renamed: string[] = []
  const unreadable: string[] = []
  let records = 0
  let bytes = 0
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page: StoredValue[] = await valuesAfter(tx, { from, after })
    const sound = page.flatMap((row) => soundRecord(row) ?? [])
    const paths = new Set(sound.map(({ path }) => path))
    unreadable.push(...page.map(({ path }) => path).filter((path) => !paths.has(path)))
    renamed.push(...sound.filter(({ isRenamed }) => isRenamed).map(({ path }) => path))
    await copyRecords(tx, { from, to, records: sound })
    for (const record of sound) builder.add(record)
    records += sound.length
    bytes += sound.reduce((total, { size }) => total + size, 0)
    if (nodes.length >= rebuildPageMax) await insertNodes(tx, { storeId: to, rows: nodes.splice(0) })
    after = page.at(-1)?.path
  }
  builder.finish()
  await insertNodes(tx, { storeId: to, rows: nodes })
  // The builder hands out the root last.
  const { cid, body } = top as unknown as NodeRow
  return { records, bytes, root: { cid, bytes: body }, renamed, unreadable }
}

interface StoredValue {
  path: string
  cid: Uint8Array
  value: Uint8Array
}

async function valuesAfter(
  tx: Transaction,
  { from, after }: { from: StoreId; after: string },
): Promise<StoredValue[]> {
  return await tx
    .selectFrom('record')
    .select(['path', 'cid', 'value'])
    .where('store_id', '=', from)
    .where('path', '>', after)
    .orderBy('path')
    .limit(rebuildRecordsMax)
    .execute()
}

interface SoundRecord {
  path: string
  cid: Digest
  isRenamed: boolean
  size: number
  backlink: Backlink | null
  blobs: readonly Digest[]
}

/** Null for a value that is no record. */
function soundRecord({ path, cid: before, value }: StoredValue): SoundRecord | null {
  const record = decoded(value)
  if (record === null) return null
  const cid = sha256(value)
  const collection = path.slice(0, path.indexOf('/'))
  return {
    ...{ path, cid, size: value.length, isRenamed: !digestsEqual(cid, before) },
    backlink: backlinkOf(collection, record),
    blobs: namedBlobs(record),
  }
}

function decoded(value: Uint8Array): LexMap | null {
  try {
    const record = decode(value)
    return isPlainObject(record) ? (record as LexMap) : null
  } catch {
    return null // Bytes that are no DRISL: the caller tells their path.
  }
}

/** Values stay in the database; what was worked out of them goes there. */
async function copyRecords(
  tx: Transaction,
  { from, to, records }: { from: StoreId; to: StoreId; records: readonly SoundRecord[] },
): Promise<void> {
  const links = records.flatMap(({ path, backlink }) => (backlink === null ? [] : [{ path, ...backlink }]))
  const blobs = records.flatMap(({ path, blobs }) => blobs.map((cid) => ({ path, cid })))
  await sql`
    WITH rec AS (SELECT * FROM unnest(${records.map(({ path }) => path)}::text[],
        ${records.map(({ cid }) => Buffer.from(cid))}::bytea[]) AS t (path, cid)),
    copied AS (
      INSERT INTO record (store_id, path, cid, rev, takedown, value)
      SELECT ${to}::bigint, r.path, rec.cid, r.rev, r.takedown, r.value
      FROM rec JOIN record r ON r.store_id = ${from} AND r.path = rec.path COLLATE "C"),
    linked AS (
      INSERT INTO backlink (store_id, kind, subject, path) SELECT ${to}::bigint, * FROM unnest(
        ${links.map(({ kind }) => kind)}::smallint[], ${links.map(({ subject }) => Buffer.from(subject))}::bytea[],
        ${links.map(({ path }) => path)}::text[]))
    INSERT INTO record_blob (store_id, cid, path) SELECT ${to}::bigint, * FROM unnest(
      ${blobs.map(({ cid }) => Buffer.from(cid))}::bytea[], ${blobs.map(({ path }) => path)}::text[])`.execute(
    tx,
  )
}
