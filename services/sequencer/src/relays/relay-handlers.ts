import { handle, type JobHandler } from '@heronry/jobs/handler'
import { checkRelaysEveryMs, crawlRetryDelaysMs } from '../limits.ts'
import { askForCrawl } from './ask-for-crawl.ts'
import { askRelays, type CheckDeps } from './check-relays.ts'
import { checkRelays, requestCrawl } from './relay-jobs.ts'

/** The jobs of the queue `relays`, which the leader role owns. */
export function relayHandlers(deps: CheckDeps): JobHandler[] {
  return [
    handle(requestCrawl, ({ payload, signal }) => askForCrawl(deps, payload, signal), {
      retryDelaysMs: crawlRetryDelaysMs,
    }),
    handle(checkRelays, ({ signal }) => askRelays(deps, signal), { everyMs: checkRelaysEveryMs }),
  ]
}
