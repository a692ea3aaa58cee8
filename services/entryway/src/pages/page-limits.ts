import type { RateLimiter, RateLimiters } from '@heronry/xrpc/rate-limiter'
import { pageRateLimits } from '../rate-limits.ts'

export type PageLimiters = Readonly<Record<keyof typeof pageRateLimits, RateLimiter | undefined>>

/** What cannot be counted passes: Postgres counts wrong passwords and codes besides. */
export function pageLimiters(limiters: RateLimiters): PageLimiters {
  const of = (name: keyof typeof pageRateLimits) =>
    limiters.forMethod(`account-pages-${name}`, {
      rules: pageRateLimits[name],
      ...{ isExemptFromGlobal: true, uncounted: 'open' },
    })
  return { shown: of('shown'), sent: of('sent'), mailed: of('mailed') }
}
