import type { CommunityId } from '@heronry/core/ids'
import { defineJob } from '@heronry/jobs/define-job'

const queue = 'relays'

/** Ask one relay to crawl one community. */
export interface CrawlRequest {
  readonly communityId: CommunityId
  /** Its origin. */
  readonly relay: string
}

export const requestCrawl = defineJob<CrawlRequest>({
  queue,
  name: 'requestCrawl',
  parse(payload) {
    const { communityId, relay } = payload as Record<keyof CrawlRequest, unknown>
    if (!Number.isSafeInteger(communityId)) throw new TypeError('communityId')
    if (typeof relay !== 'string' || !URL.canParse(relay)) throw new TypeError('relay')
    return { communityId: communityId as CommunityId, relay }
  },
})

/** Ask every relay how far it is. */
export const checkRelays = defineJob({ queue, name: 'checkRelays', parse: () => ({}) })
