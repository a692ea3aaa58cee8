import type { Database } from '@heronry/db/database'
import type { HttpFetch } from '@heronry/identity/http-fetch'
import { communityRelays } from './community-relays.ts'
import type { CrawlRequest } from './relay-jobs.ts'
import { saveRefusal, saveRequest } from './relay-store.ts'

/**
 * Asks a relay to crawl a community (com.atproto.sync.requestCrawl), and keeps what it said. Throws where it did not take it, so that
 * the job is tried again. A relay that the community does not name any more is not asked.
 */
export async function askForCrawl(
  { db, fetch }: { db: Database; fetch: HttpFetch },
  request: CrawlRequest,
  signal: AbortSignal,
): Promise<void> {
  const { communityId, relay } = request
  const named = (await communityRelays(db)).find((it) => it.communityId === communityId && it.relay === relay)
  if (named === undefined) return
  const row = await db
    .selectFrom('community_seq')
    .select('last_seq')
    .where('community_id', '=', communityId)
    .executeTakeFirst()
  const url = new URL('/xrpc/com.atproto.sync.requestCrawl', relay).toString()
  const answer = await fetch({ url, method: 'POST', json: { hostname: named.hostname }, signal }).then(
    ({ status }) => (status >= 200 && status < 300 ? 'ok' : `HTTP ${status}`),
    (error: Error) => error.message,
  )
  if (answer === 'ok') return await saveRequest(db, request, row?.last_seq ?? 0n)
  await saveRefusal(db, request, answer)
  throw new Error(`${relay} did not take the request to crawl: ${answer}`)
}
