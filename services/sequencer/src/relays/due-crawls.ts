import type { Database } from '@heronry/db/database'
import { crawlThrottleMs, startCrawlMs } from '../limits.ts'
import { type CommunityRelay, communityRelays } from './community-relays.ts'

/** When a relay was last asked to crawl a community, and how far the community was then. */
interface LastRequest {
  readonly atMs: number
  readonly seq: bigint
}

/**
 * Whom to ask to be crawled: at the start of a process everybody who was not just asked; later those whose community has written
 * since they were asked, as soon as the throttle window has passed. So the last write of a window is told of at its end, and one
 * after a quiet time at once.
 */
export async function dueCrawls(
  db: Database,
  { atStart, now = Date.now() }: { atStart: boolean; now?: number },
): Promise<CommunityRelay[]> {
  const [relays, asked, seqs] = await Promise.all([
    communityRelays(db),
    db.selectFrom('relay').select(['community_id', 'url', 'requested_at', 'requested_seq']).execute(),
    db.selectFrom('community_seq').select(['community_id', 'last_seq']).execute(),
  ])
  const lastSeqs = new Map(seqs.map((row) => [row.community_id, row.last_seq]))
  const requests = new Map(
    asked.flatMap((row) => {
      const { requested_at: at, requested_seq: seq } = row
      return at === null
        ? []
        : [[`${row.community_id} ${row.url}`, { atMs: at.getTime(), seq: seq ?? 0n }] as const]
    }),
  )
  return relays.filter(({ communityId, relay }) => {
    const last = requests.get(`${communityId} ${relay}`)
    return isDue(last, { lastSeq: lastSeqs.get(communityId) ?? 0n, atStart, now })
  })
}

function isDue(
  last: LastRequest | undefined,
  { lastSeq, atStart, now }: { lastSeq: bigint; atStart: boolean; now: number },
): boolean {
  if (last === undefined) return true
  const agoMs = now - last.atMs
  if (atStart && agoMs >= startCrawlMs) return true
  return lastSeq > last.seq && agoMs >= crawlThrottleMs
}
