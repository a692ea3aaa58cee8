import type { Digest } from '@heronry/core/cid'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { defineJob } from '@heronry/jobs/define-job'
import { enqueue } from '@heronry/jobs/enqueue'
import { sql } from 'kysely'
import { type BlobAt, nameOf } from './blob-jobs.ts'
import { setBlobTakedown } from './blob-takedown.ts'
import { addBlocks, type BlockEntry, wholeHouse } from './block-list.ts'
import type { CareDeps } from './care-deps.ts'
import { searchAgainMs, searchRowsMax } from './limits.ts'

interface Search {
  readonly list: number
  /** Hexadecimal. */
  readonly digests: readonly string[]
}

/** Takes down what is stored already of digests that were added to a list. */
export const applyBlocks = defineJob<Search>({
  queue: 'blobs',
  name: 'apply-blocks',
  parse(payload: unknown): Search {
    const { list, digests } = payload as Partial<Record<keyof Search, unknown>>
    if (typeof list !== 'number') throw new Error('apply-blocks: list')
    if (!Array.isArray(digests) || !digests.every((it) => /^[0-9a-f]{64}$/.test(String(it)))) {
      throw new Error('apply-blocks: digests')
    }
    return { list, digests }
  },
})

/** As the takedown of a blob names its reason. */
const blockedRef = 'block-list'

/**
 * Refuses these digests from now on, and has what is stored of them already taken down: at once, and again when every upload has ended that
 * may have asked the list before. Answers how many the list had not.
 */
export async function blockDigests(
  tx: Transaction,
  { list, entries }: { list: number; entries: readonly BlockEntry[] },
): Promise<number> {
  const added = await addBlocks(tx, { list, entries })
  const payload = { list, digests: entries.map(({ digest }) => Buffer.from(digest).toString('hex')) }
  await enqueue(tx, applyBlocks, { payload, priority: 1 })
  await enqueue(tx, applyBlocks, { payload, runAt: new Date(Date.now() + searchAgainMs) })
  return added
}

/**
 * Looks through all blobs, a bounded number of rows in each statement: there is no index by digest, which every upload would pay for. kill -9
 * here → the next attempt begins again; what is taken down stays so.
 */
export async function runApplyBlocks(
  deps: CareDeps,
  { payload, signal }: { payload: Search; signal: AbortSignal },
): Promise<void> {
  for await (const blob of matching(deps.db, payload.digests, signal)) {
    if (payload.list !== wholeHouse) {
      const community = await communityOf(deps.db, blob.actorId)
      if (community !== payload.list) continue
    }
    await inTransaction(deps.db, { name: 'apply-block' }, (tx) =>
      setBlobTakedown(tx, { ...blob, ref: blockedRef }),
    )
    deps.metrics?.count('pds_blob_care_total', { what: 'blocked' })
    deps.logger.warn(nameOf(blob), 'a blob on the block list was taken down')
  }
}

interface Place {
  readonly actor_id: bigint
  readonly cid: Uint8Array
}

interface MatchRow extends Place {
  readonly is_match: boolean
  /** Of the page that was looked at. */
  readonly is_last: boolean
}

async function* matching(
  db: Database,
  digests: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<BlobAt> {
  const wanted = digests.map((digest) => Buffer.from(digest, 'hex'))
  let after: Place | undefined = { actor_id: 0n, cid: new Uint8Array() }
  while (after !== undefined) {
    signal.throwIfAborted()
    const rows: MatchRow[] = await matchesBehind(db, { after, wanted })
    for (const { actor_id, cid, is_match } of rows) {
      if (is_match) yield { actorId: actor_id as ActorId, cid: cid as Digest }
    }
    after = rows.find(({ is_last }) => is_last)
  }
}

/** The matches of one page, and its last row whether it is one or not. */
async function matchesBehind(
  db: Database,
  { after, wanted }: { after: Place; wanted: readonly Uint8Array[] },
): Promise<MatchRow[]> {
  const { rows } = await sql<MatchRow>`
    WITH page AS MATERIALIZED (
      SELECT actor_id, cid, takedown_ref IS NULL AND cid = ANY(${wanted}::bytea[]) AS is_match,
        row_number() OVER (ORDER BY actor_id, cid) AS n
      FROM (SELECT actor_id, cid, takedown_ref FROM blob WHERE (actor_id, cid) > (${after.actor_id}, ${after.cid})
            ORDER BY actor_id, cid LIMIT ${searchRowsMax}) b),
    ending AS (SELECT max(n) AS n FROM page)
    SELECT actor_id, cid, is_match, page.n = ending.n AS is_last FROM page, ending
    WHERE is_match OR page.n = ending.n ORDER BY page.n`.execute(db)
  return rows
}

/** By the usage, which outlives the actor as its blobs do. */
async function communityOf(db: Database, actorId: ActorId): Promise<number | undefined> {
  const row = await db
    .selectFrom('blob_usage')
    .select('community_id')
    .where('actor_id', '=', actorId)
    .executeTakeFirst()
  return row?.community_id
}
