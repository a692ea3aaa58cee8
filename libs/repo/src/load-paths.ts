import type { Digest } from '@heronry/core/cid'
import type { ActorId, StoreId } from '@heronry/core/ids'
import { type Rev, revOf } from '@heronry/core/rev'
import type { Database } from '@heronry/db/database'
import type { Gap } from '@heronry/mst/gaps'
import { nodeKeysMax } from '@heronry/mst/limits'
import type { KeyValue } from '@heronry/mst/load-node'
import { type RawBuilder, sql } from 'kysely'
import type { Backlink } from './prepared-write.ts'

/** What one snapshot shows of a repo. */
export interface LoadedRepo {
  storeId: StoreId
  head: Digest
  rev: Rev
  data: Digest
  writable: boolean
  /** The highest layer that has rows; 0 where there are none. */
  topLayer: number
  /** Bodies of node rows by `positionKey`. */
  nodes: Map<string, Uint8Array>
  /** Ascending by path. */
  records: KeyValue[]
  /** Records that point where one of the given backlinks points. */
  duplicates: FoundDuplicate[]
}

export interface FoundDuplicate {
  path: string
  backlink: Backlink
}

export interface PathsQuery {
  actorId: ActorId
  /** Paths whose ways through the tree are wanted, and those of the duplicates. */
  keys: readonly string[]
  backlinks: readonly Backlink[]
}

/**
 * The repo row and, at every layer, the nodes that cover the places just before and just after each key, in one query; at layer 0 the
 * records between the nearest keys of higher layers (whose hash begins with two zero bits). Undefined where there is no repo.
 *
 * Measured in storage-and-scale §1: 0.2–0.3 ms at any size. Plan: 2 index probes for a layer and key on (store_id, layer, lo); the
 * layer's bounds in `record` are found within four rows on average, `nodeKeysMax` at worst.
 */
export function loadPaths(
  db: Database,
  { actorId, keys, backlinks }: PathsQuery,
): Promise<LoadedRepo | undefined> {
  const kinds = backlinks.map((backlink) => backlink.kind)
  const subjects = backlinks.map((backlink) => Buffer.from(backlink.subject))
  return run(db, {
    actorId,
    parts: sql`
      dup AS MATERIALIZED (
        SELECT b.path, b.kind, b.subject FROM unnest(${kinds}::smallint[], ${subjects}::bytea[]) AS s (kind, subject)
        JOIN backlink b ON b.store_id = (SELECT store_id FROM r) AND b.kind = s.kind AND b.subject = s.subject),
      k AS MATERIALIZED (
        SELECT key COLLATE "C" AS key FROM unnest(${[...keys]}::text[]) key UNION SELECT path FROM dup),
      node AS (
        SELECT DISTINCT n.layer, n.lo, n.body FROM k CROSS JOIN generate_series(1, (SELECT layer FROM top)) l (layer)
        CROSS JOIN LATERAL (
          (SELECT m.layer, m.lo, m.body FROM mst_node m
            WHERE m.store_id = (SELECT store_id FROM r) AND m.layer = l.layer AND m.lo < k.key ORDER BY m.lo DESC LIMIT 1)
          UNION ALL
          (SELECT m.layer, m.lo, m.body FROM mst_node m
            WHERE m.store_id = (SELECT store_id FROM r) AND m.layer = l.layer AND m.lo <= k.key ORDER BY m.lo DESC LIMIT 1)) n),
      leaf AS (
        SELECT lo.path AS lo, hi.path AS hi FROM k
        LEFT JOIN LATERAL (SELECT path FROM record WHERE store_id = (SELECT store_id FROM r) AND path < k.key
          AND get_byte(sha256(convert_to(path, 'UTF8')), 0) < 64 ORDER BY path DESC LIMIT 1) lo ON true
        LEFT JOIN LATERAL (SELECT path FROM record WHERE store_id = (SELECT store_id FROM r) AND path > k.key
          AND get_byte(sha256(convert_to(path, 'UTF8')), 0) < 64 ORDER BY path LIMIT 1) hi ON true)`,
  })
}

/** Exactly what fills the gaps: for what `loadPaths` did not foresee, and to be sure before stored nodes are called wrong. */
export function loadGaps(
  db: Database,
  { actorId, gaps }: { actorId: ActorId; gaps: readonly Gap[] },
): Promise<LoadedRepo | undefined> {
  const inner = gaps.filter((gap) => gap.layer > 0)
  const leaves = gaps.filter((gap) => gap.layer === 0)
  return run(db, {
    actorId,
    parts: sql`
      dup AS (SELECT NULL::text AS path, 0 AS kind, NULL::bytea AS subject WHERE false),
      node AS (
        SELECT m.layer, m.lo, m.body
        FROM unnest(${inner.map((gap) => gap.layer)}::smallint[], ${inner.map((gap) => gap.lo)}::text[]) AS g (layer, lo)
        JOIN mst_node m ON m.store_id = (SELECT store_id FROM r) AND m.layer = g.layer AND m.lo = g.lo COLLATE "C"),
      leaf AS (
        SELECT lo COLLATE "C" AS lo, hi COLLATE "C" AS hi
        FROM unnest(${leaves.map((gap) => gap.lo)}::text[], ${leaves.map((gap) => gap.hi)}::text[]) AS g (lo, hi))`,
  })
}

export function positionKey({ layer, lo }: { layer: number; lo: string }): string {
  return `${layer} ${lo}`
}

interface Row {
  kind: number
  text: string | null
  layer: number | null
  bytes: Buffer | null
  head: Buffer
  rev: bigint
  data: Buffer
  store_id: bigint
  writable: boolean
}

/**
 * `parts` define `dup (path, kind, subject)`, `node (layer, lo, body)` and `leaf (lo, hi)`; one more record than a leaf may hold is read,
 * never all.
 */
async function run(
  db: Database,
  { actorId, parts }: { actorId: ActorId; parts: RawBuilder<unknown> },
): Promise<LoadedRepo | undefined> {
  const { rows } = await sql<Row>`
    WITH r AS MATERIALIZED (SELECT * FROM repo WHERE actor_id = ${actorId}),
      top AS MATERIALIZED (SELECT coalesce(max(layer), 0) AS layer FROM mst_node WHERE store_id = (SELECT store_id FROM r)),
      ${parts},
      found AS (
        SELECT 0 AS kind, NULL AS text, layer, NULL::bytea AS bytes FROM top
        UNION ALL SELECT 1, lo, layer, body FROM node
        UNION ALL SELECT DISTINCT 2, rec.path, 0, rec.cid FROM leaf CROSS JOIN LATERAL (
          SELECT path, cid FROM record WHERE store_id = (SELECT store_id FROM r)
            AND path > coalesce(leaf.lo, '') AND (leaf.hi IS NULL OR path < leaf.hi) ORDER BY path LIMIT ${2 * nodeKeysMax + 2}) rec
        UNION ALL SELECT 3, path, kind, subject FROM dup)
    SELECT found.*, r.head, r.rev, r.data, r.store_id, r.writable FROM r CROSS JOIN found`.execute(db)
  return rows[0] && loadedRepo(rows[0], rows)
}

function loadedRepo(first: Row, rows: readonly Row[]): LoadedRepo {
  const ofKind = (kind: number) => rows.filter((row) => row.kind === kind)
  const records = ofKind(2).map((row) => ({
    path: row.text as string,
    cid: row.bytes as Uint8Array as Digest,
  }))
  return {
    storeId: first.store_id as StoreId,
    head: first.head as Uint8Array as Digest,
    rev: revOf(first.rev),
    data: first.data as Uint8Array as Digest,
    writable: first.writable,
    topLayer: ofKind(0)[0]?.layer ?? 0,
    nodes: new Map(
      ofKind(1).map((row) => [
        positionKey({ layer: row.layer as number, lo: row.text as string }),
        row.bytes as Uint8Array,
      ]),
    ),
    records: records.sort((left, right) => (left.path < right.path ? -1 : 1)),
    duplicates: ofKind(3).map((row) => ({
      path: row.text as string,
      backlink: { kind: row.layer as number, subject: row.bytes as Uint8Array },
    })),
  }
}
