import type { RateLimiter, RateLimiters } from '@heronry/xrpc/rate-limiter'
import { type OAuthRouteGroup, oauthNameRateLimits, oauthRouteRateLimits } from '../rate-limits.ts'

/** By who is named, and from where, so that nobody is locked out by another. */
export interface OAuthLimiters {
  readonly signInName: RateLimiter | undefined
  readonly signUpName: RateLimiter | undefined
  readonly resetName: RateLimiter | undefined
  readonly mailName: RateLimiter | undefined
  readonly handleName: RateLimiter | undefined
}

/** Of a name that a hook is told. What cannot be counted passes: Postgres counts wrong passwords and codes besides. */
export function oauthNameLimiters(limiters: RateLimiters): OAuthLimiters {
  const of = (name: keyof typeof oauthNameRateLimits) =>
    limiters.forMethod(`oauth-${name}`, {
      rules: oauthNameRateLimits[name],
      ...{ isExemptFromGlobal: true, uncounted: 'open' },
    })
  return {
    signInName: of('signInName'),
    signUpName: of('signUpName'),
    resetName: of('resetName'),
    mailName: of('mailName'),
    handleName: of('handleName'),
  }
}

/** By address. */
export function oauthRouteLimiter(limiters: RateLimiters, group: OAuthRouteGroup): RateLimiter | undefined {
  return limiters.forMethod(`oauth-${group}`, {
    rules: oauthRouteRateLimits[group],
    ...{ isExemptFromGlobal: true, uncounted: 'open' },
  })
}
