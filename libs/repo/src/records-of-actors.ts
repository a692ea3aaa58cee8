import type { Digest } from '@heronry/core/cid'
import type { StoreId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { type RawBuilder, sql } from 'kysely'
import { collectionRange } from './collection-range.ts'
import { pageValueBytesMax } from './read-limits.ts'

/** A row of a statement that finds actors (libs/accounts): `n` is the place, from 1, of what is asked for of this one. */
export interface AskedActor {
  readonly id: bigint
  readonly n: number
}

/** What every read of a repo must know of it. */
export interface RepoOfRow {
  readonly store_id: StoreId
  readonly published: boolean
}

export interface RecordOfRow extends RepoOfRow {
  /** Null, as `value`: there is no such record, or it is taken down. */
  readonly cid: Digest | null
  readonly value: Uint8Array | null
}

/**
 * The actors that have a repo, each with the record at `paths[n - 1]` of it: who, which repo and what, in one statement. A plain join would
 * let Postgres read all records of a repo and look for the path among them, where repos are small on average.
 */
export async function findRecordsOf<A extends AskedActor>(
  db: Database,
  actors: RawBuilder<A>,
  paths: readonly string[],
): Promise<(A & RecordOfRow)[]> {
  const { rows } = await sql<A & RecordOfRow>`
    SELECT actor.*, repo.store_id, repo.published, record.cid, record.value
    FROM (${actors}) AS actor
    JOIN repo ON repo.actor_id = actor.id
    LEFT JOIN LATERAL (
      SELECT cid, value FROM record
      WHERE store_id = repo.store_id AND path = (${paths}::text[])[actor.n] COLLATE "C" AND takedown = 0
      LIMIT 1) AS record ON true`.execute(db)
  return rows
}

/** As of `RecordPage`, but for the store. */
export interface PageAsked {
  readonly collection: string
  readonly limit: number
  readonly cursor?: string | undefined
}

export interface PageOfRow extends RepoOfRow {
  /** All of the page, in its order; null where it is empty. Paths and sizes stand one behind another, with spaces between. */
  readonly paths: string | null
  readonly cids: Uint8Array | null
  readonly sizes: string | null
  /** One behind another; of those alone that have at most `pageValueBytesMax` bytes. */
  readonly values: Uint8Array | null
}

/**
 * The actors that have a repo, each with the page `pages[n - 1]` of it, as one row: fifty rows cost more in both drivers than what they hold.
 * Large values stay away, for all of a page is in memory several times; who asks reads such a page by `listRecords`.
 */
export async function findPagesOf<A extends AskedActor>(
  db: Database,
  actors: RawBuilder<A>,
  { order, pages }: { order: 'ASC' | 'DESC'; pages: readonly PageAsked[] },
): Promise<(A & PageOfRow)[]> {
  const ranges = pages.map((page) => pathRange(page, order))
  const { rows } = await sql<A & PageOfRow>`
    SELECT actor.*, repo.store_id, repo.published, page.paths, page.cids, page.sizes, page.values
    FROM (${actors}) AS actor
    JOIN repo ON repo.actor_id = actor.id
    CROSS JOIN LATERAL (
      SELECT string_agg(path, ' ') AS paths, string_agg(cid, '') AS cids,
        string_agg(octet_length(value)::text, ' ') AS sizes,
        string_agg(value, '') FILTER (WHERE octet_length(value) <= ${pageValueBytesMax}) AS values
      FROM (SELECT path, cid, value FROM record
        WHERE store_id = repo.store_id AND takedown = 0
          AND path > (${ranges.map(({ after }) => after)}::text[])[actor.n] COLLATE "C"
          AND path < (${ranges.map(({ before }) => before)}::text[])[actor.n] COLLATE "C"
        ORDER BY path ${sql.raw(order)} LIMIT (${pages.map(({ limit }) => limit)}::int[])[actor.n]) AS record
    ) AS page`.execute(db)
  return rows
}

/** The records of `after` < path < `before`. */
export function pathRange({ collection, cursor }: PageAsked, order: 'ASC' | 'DESC') {
  const { after, before } = collectionRange(collection)
  if (cursor === undefined) return { after, before }
  return order === 'ASC' ? { after: after + cursor, before } : { after, before: after + cursor }
}
