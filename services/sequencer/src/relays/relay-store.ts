import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { HostStatus } from './host-status.ts'

/** What is known of a community at one of its relays. */
export interface RelayRecord {
  readonly communityId: CommunityId
  readonly relay: string
  readonly requestedAt: Date | null
  /** What it said to the last requestCrawl: `ok`, or why not. */
  readonly requestAnswer: string | null
  readonly checkedAt: Date | null
  /** What it said to the last getHostStatus: `ok`, `unknown host`, or why there is no answer. */
  readonly checkAnswer: string | null
  readonly hostStatus: string | null
  readonly hostSeq: number | null
  readonly hostAccountCount: number | null
}

export async function listRelays(db: Database): Promise<RelayRecord[]> {
  const rows = await db
    .selectFrom('relay')
    .select(['community_id', 'url', 'requested_at', 'request_answer', 'checked_at', 'check_answer'])
    .select(['host_status', 'host_seq', 'host_account_count'])
    .orderBy('community_id')
    .orderBy('url')
    .execute()
  return rows.map((row) => ({
    communityId: row.community_id as CommunityId,
    relay: row.url,
    requestedAt: row.requested_at,
    requestAnswer: row.request_answer,
    checkedAt: row.checked_at,
    checkAnswer: row.check_answer,
    hostStatus: row.host_status,
    hostSeq: row.host_seq === null ? null : Number(row.host_seq),
    hostAccountCount: row.host_account_count === null ? null : Number(row.host_account_count),
  }))
}

export interface RelayKey {
  readonly communityId: CommunityId
  readonly relay: string
}

/** It took the request to crawl; `seq` is how far the community was when it was asked. */
export async function saveRequest(db: Database, key: RelayKey, seq: bigint): Promise<void> {
  await save(db, key, { requested_at: new Date(), requested_seq: seq, request_answer: 'ok' })
}

/** It did not. */
export async function saveRefusal(db: Database, key: RelayKey, answer: string): Promise<void> {
  await save(db, key, { request_answer: answer })
}

/** `status` undefined: it gave none, and what it said before stands. */
export async function saveCheck(
  db: Database,
  { communityId, relay }: RelayKey,
  { answer, status }: { answer: string; status?: HostStatus | undefined },
): Promise<void> {
  await save(
    db,
    { communityId, relay },
    {
      checked_at: new Date(),
      check_answer: answer,
      ...(status && {
        host_status: status.status ?? null,
        host_seq: status.seq === undefined ? null : BigInt(status.seq),
        host_account_count: status.accountCount === undefined ? null : BigInt(status.accountCount),
      }),
    },
  )
}

async function save(db: Database, { communityId, relay }: RelayKey, said: object): Promise<void> {
  await db
    .insertInto('relay')
    .values({ community_id: communityId, url: relay, ...said } as never)
    .onConflict((conflict) => conflict.columns(['community_id', 'url']).doUpdateSet(said))
    .execute()
}
