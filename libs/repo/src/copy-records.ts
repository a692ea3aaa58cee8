import { decode } from '@atproto/lex-cbor'
import { isPlainObject, type LexMap } from '@atproto/lex-data'
import { type Digest, digestsEqual, sha256 } from '@heronry/core/cid'
import type { StoreId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'
import { backlinkOf } from './backlink.ts'
import { namedBlobs } from './named-blobs.ts'
import type { Backlink } from './prepared-write.ts'

/** A record as it stands in the store that is copied. */
export interface StoredValue {
  readonly path: string
  readonly cid: Uint8Array
  readonly rev: bigint
  readonly value: Uint8Array
}

/** What a record's value says, whatever its row says. */
export interface SoundRecord {
  readonly path: string
  readonly cid: Digest
  readonly rev: bigint
  readonly isRenamed: boolean
  readonly size: number
  readonly backlink: Backlink | null
  readonly blobs: readonly Digest[]
}

/** Null for a value that is no record. */
export function soundRecord({ path, cid: before, rev, value }: StoredValue): SoundRecord | null {
  const record = decoded(value)
  if (record === null) return null
  const cid = sha256(value)
  const collection = path.slice(0, path.indexOf('/'))
  return {
    ...{ path, cid, rev, size: value.length, isRenamed: !digestsEqual(cid, before) },
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

/**
 * Copies records from one store into another, where they are not yet, with what was worked out of them; their values stay in the database. One
 * statement. Answers the paths that were copied: a record which was written again since it was read is none of them.
 */
export async function copyRecords(
  db: Database,
  { from, to, records }: { from: StoreId; to: StoreId; records: readonly SoundRecord[] },
): Promise<Set<string>> {
  const links = records.flatMap(({ path, backlink }) => (backlink === null ? [] : [{ path, ...backlink }]))
  const blobs = records.flatMap(({ path, blobs }) => blobs.map((cid) => ({ path, cid })))
  const { rows } = await sql<{ path: string }>`
    WITH rec AS (SELECT * FROM unnest(${records.map(({ path }) => path)}::text[],
        ${records.map(({ cid }) => Buffer.from(cid))}::bytea[], ${records.map(({ rev }) => rev)}::bigint[]) AS t (path, cid, rev)),
    copied AS (
      INSERT INTO record (store_id, path, cid, rev, takedown, value)
      SELECT ${to}::bigint, r.path, rec.cid, r.rev, r.takedown, r.value
      FROM rec JOIN record r ON r.store_id = ${from} AND r.path = rec.path COLLATE "C" AND r.rev = rec.rev
      RETURNING path),
    linked AS (
      INSERT INTO backlink (store_id, kind, subject, path) SELECT ${to}::bigint, t.* FROM unnest(
        ${links.map(({ kind }) => kind)}::smallint[], ${links.map(({ subject }) => Buffer.from(subject))}::bytea[],
        ${links.map(({ path }) => path)}::text[]) AS t (kind, subject, path)
      WHERE t.path COLLATE "C" IN (SELECT path FROM copied)),
    referred AS (
      INSERT INTO record_blob (store_id, cid, path) SELECT ${to}::bigint, t.* FROM unnest(
        ${blobs.map(({ cid }) => Buffer.from(cid))}::bytea[], ${blobs.map(({ path }) => path)}::text[]) AS t (cid, path)
      WHERE t.path COLLATE "C" IN (SELECT path FROM copied))
    SELECT path FROM copied`.execute(db)
  return new Set(rows.map(({ path }) => path))
}
