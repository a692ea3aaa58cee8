/** What the chains of a batch have between them. */
export interface BatchNeeds {
  /** A record or a node is replaced or deleted. */
  readonly replaces: boolean
  /** A record refers to a blob. */
  readonly blobs: boolean
  /** A record has a backlink, or one that could have had one is replaced or deleted. */
  readonly backlinks: boolean
}

/**
 * The statement that commits a batch, without the steps for what the batch has not got: most batches only create records, and each step
 * costs something even where it has nothing to do.
 *
 * Result: a row for each chain that won, and one with `lacking` for each whose blobs are not all there; a chain without a row has lost.
 * Parameters, all of them arrays: 10 of `c`, 5 of `rec`, 5 of `nod`, 4 of `ev`, then 3 of `need` where there are blobs, 4 of `lnk` where
 * there are backlinks.
 *
 * `blob.state`: 0 unreferenced, 1 referenced, 2 being deleted. Every step that writes joins `ok`. Rows to write and rows to delete are
 * disjoint, because the order in which steps run is not defined. Events are numbered by `ord`, under the row lock, as the sequencer needs.
 */
export function commitSql({ replaces, blobs, backlinks }: BatchNeeds): string {
  const steps = [
    ...inputs,
    ...(blobs ? [needed, locked('locked'), ...blobChecks] : [locked('ok')]),
    ...(backlinks ? [linked({ from: blobs ? 28 : 25 })] : []),
    replaces ? repoReplaced : repoGrown,
    ...puts,
    ...(blobs ? blobPuts : []),
    ...(backlinks ? [linkPut] : []),
    ...(replaces ? [...removals, ...(backlinks ? [linkGone] : []), ...blobRemovals({ blobs })] : []),
    told,
  ]
  const lacking = blobs ? ' UNION ALL SELECT i, array_agg(cid) FROM lacking GROUP BY i' : ''
  return `WITH ${steps.join(',\n')}\nSELECT i, NULL::bytea[] AS lacking FROM won${lacking}`
}

const inputs = [
  `c AS MATERIALIZED (SELECT * FROM unnest($1::int[], $2::bigint[], $3::int[], $4::bytea[], $5::bytea[], $6::bigint[], $7::bytea[], $8::bytea[],
    $9::int[], $10::bigint[]) AS t (i, actor_id, community_id, old_head, head, rev, data, commit, records, bytes))`,
  `rec AS MATERIALIZED (SELECT i, path COLLATE "C" AS path, cid, rev, value
  FROM unnest($11::int[], $12::text[], $13::bytea[], $14::bigint[], $15::bytea[]) AS t (i, path, cid, rev, value))`,
  `nod AS MATERIALIZED (SELECT i, layer, lo COLLATE "C" AS lo, cid, body
  FROM unnest($16::int[], $17::smallint[], $18::text[], $19::bytea[], $20::bytea[]) AS t (i, layer, lo, cid, body))`,
  `ev AS (SELECT * FROM unnest($21::int[], $22::smallint[], $23::int[], $24::bytea[]) WITH ORDINALITY AS t (i, kind, seq_at, body, ord))`,
]

const needed = `need AS MATERIALIZED (SELECT i, path COLLATE "C" AS path, cid
  FROM unnest($25::int[], $26::text[], $27::bytea[]) AS t (i, path, cid))`

function linked({ from }: { from: number }): string {
  return `lnk AS MATERIALIZED (SELECT i, path COLLATE "C" AS path, kind, subject
  FROM unnest($${from}::int[], $${from + 1}::text[], $${from + 2}::smallint[], $${from + 3}::bytea[]) AS t (i, path, kind, subject))`
}

function locked(name: string): string {
  return `${name} AS MATERIALIZED (SELECT c.*, r.store_id, r.published FROM repo r JOIN c ON c.actor_id = r.actor_id
  WHERE r.head = c.old_head AND r.writable FOR NO KEY UPDATE OF r SKIP LOCKED)`
}

const blobChecks = [
  `usable AS MATERIALIZED (
  SELECT b.actor_id, b.cid FROM locked l JOIN need n ON n.i = l.i JOIN blob b ON b.actor_id = l.actor_id AND b.cid = n.cid
  WHERE b.state <> 2 AND b.takedown_ref IS NULL FOR NO KEY UPDATE OF b)`,
  `lacking AS MATERIALIZED (
  SELECT DISTINCT n.i, n.cid FROM locked l JOIN need n ON n.i = l.i
  WHERE NOT EXISTS (SELECT FROM usable b WHERE b.actor_id = l.actor_id AND b.cid = n.cid))`,
  `ok AS MATERIALIZED (SELECT * FROM locked l WHERE NOT EXISTS (SELECT FROM lacking k WHERE k.i = l.i))`,
]

const repoGrown = `won AS (
  UPDATE repo r SET head = ok.head, rev = ok.rev, data = ok.data, commit = ok.commit,
    record_count = r.record_count + ok.records, byte_count = r.byte_count + ok.bytes
  FROM ok WHERE r.actor_id = ok.actor_id AND r.head = ok.old_head RETURNING ok.i)`

const repoReplaced = `was AS (
  SELECT ok.i, count(*) AS records, sum(octet_length(r.value)) AS bytes
  FROM ok JOIN rec ON rec.i = ok.i JOIN record r ON r.store_id = ok.store_id AND r.path = rec.path GROUP BY ok.i),
won AS (
  UPDATE repo r SET head = ok.head, rev = ok.rev, data = ok.data, commit = ok.commit,
    record_count = r.record_count + ok.records - coalesce(was.records, 0),
    byte_count = r.byte_count + ok.bytes - coalesce(was.bytes, 0)
  FROM ok LEFT JOIN was ON was.i = ok.i WHERE r.actor_id = ok.actor_id AND r.head = ok.old_head RETURNING ok.i)`

const puts = [
  `record_put AS (
  INSERT INTO record (store_id, path, cid, rev, value)
  SELECT ok.store_id, rec.path, rec.cid, rec.rev, rec.value FROM ok JOIN rec ON rec.i = ok.i WHERE rec.cid IS NOT NULL
  ON CONFLICT (store_id, path) DO UPDATE SET cid = EXCLUDED.cid, rev = EXCLUDED.rev, value = EXCLUDED.value)`,
  `node_put AS (
  INSERT INTO mst_node (store_id, layer, lo, cid, body)
  SELECT ok.store_id, nod.layer, nod.lo, nod.cid, nod.body FROM ok JOIN nod ON nod.i = ok.i WHERE nod.cid IS NOT NULL
  ON CONFLICT (store_id, layer, lo) DO UPDATE SET cid = EXCLUDED.cid, body = EXCLUDED.body)`,
]

const linkPut = `link_put AS (
  INSERT INTO backlink (store_id, kind, subject, path)
  SELECT ok.store_id, lnk.kind, lnk.subject, lnk.path FROM ok JOIN lnk ON lnk.i = ok.i ON CONFLICT DO NOTHING)`

const blobPuts = [
  `ref_put AS (
  INSERT INTO record_blob (store_id, cid, path)
  SELECT ok.store_id, n.cid, n.path FROM ok JOIN need n ON n.i = ok.i WHERE n.path IS NOT NULL ON CONFLICT DO NOTHING)`,
  `blob_used AS (
  UPDATE blob b SET state = 1, orphan_since = NULL
  FROM (SELECT DISTINCT ok.actor_id, n.cid FROM ok JOIN need n ON n.i = ok.i WHERE n.path IS NOT NULL) n
  WHERE b.actor_id = n.actor_id AND b.cid = n.cid AND b.state <> 1)`,
]

const removals = [
  `record_gone AS (
  DELETE FROM record r USING ok JOIN rec ON rec.i = ok.i WHERE rec.cid IS NULL AND r.store_id = ok.store_id AND r.path = rec.path)`,
  `node_gone AS (
  DELETE FROM mst_node m USING ok JOIN nod ON nod.i = ok.i
  WHERE nod.cid IS NULL AND m.store_id = ok.store_id AND m.layer = nod.layer AND m.lo = nod.lo)`,
]

const linkGone = `link_gone AS (
  DELETE FROM backlink b USING ok JOIN rec ON rec.i = ok.i WHERE b.store_id = ok.store_id AND b.path = rec.path
    AND NOT EXISTS (SELECT FROM lnk WHERE lnk.i = ok.i AND lnk.path = b.path AND lnk.kind = b.kind AND lnk.subject = b.subject))`

/** Whatever was there may have referred to blobs. Those that the batch itself refers to (`blobs`) stay. */
function blobRemovals({ blobs }: { blobs: boolean }): string[] {
  const unless = (condition: string) =>
    blobs ? ` AND NOT EXISTS (SELECT FROM need n WHERE ${condition})` : ''
  return [
    `ref_gone AS (
  DELETE FROM record_blob b USING ok JOIN rec ON rec.i = ok.i WHERE b.store_id = ok.store_id AND b.path = rec.path
    ${unless('n.i = ok.i AND n.path = b.path AND n.cid = b.cid')}
  RETURNING ok.i, ok.actor_id, ok.store_id, b.cid)`,
    `blob_orphaned AS (
  UPDATE blob b SET state = 0, orphan_since = now() FROM (SELECT DISTINCT * FROM ref_gone) g
  WHERE b.actor_id = g.actor_id AND b.cid = g.cid AND b.state = 1
    ${unless('n.i = g.i AND n.cid = g.cid AND n.path IS NOT NULL')}
    AND NOT EXISTS (SELECT FROM record_blob o WHERE o.store_id = g.store_id AND o.cid = g.cid
      AND NOT EXISTS (SELECT FROM rec WHERE rec.i = g.i AND rec.path = o.path)))`,
  ]
}

const told = `told AS (
  INSERT INTO event (actor_id, community_id, kind, seq_at, body)
  SELECT ok.actor_id, ok.community_id, ev.kind, ev.seq_at, ev.body FROM ok JOIN ev ON ev.i = ok.i WHERE ok.published ORDER BY ev.ord)`
