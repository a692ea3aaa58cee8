import type { MemberCredentials } from '@heronry/auth/authenticator'
import type { ServerRateLimits, SharedLimit } from '@heronry/xrpc/rate-limit'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** Points of an account's writes: 3 for a create, 2 for an update, 1 for a delete. */
export const repoWriteRateLimits: ServerRateLimits['shared'] = [
  { name: 'repo-write-hour', limit: 5_000, windowMs: hourMs },
  { name: 'repo-write-day', limit: 35_000, windowMs: dayMs },
]

export const writePoints = { create: 3, update: 2, delete: 1 } as const

/** Counts a write against the shared limits of the account that makes it. */
export function repoWriteLimit<Call extends object>(
  points: (call: Call) => number,
): SharedLimit<Call & { auth: MemberCredentials }>[] {
  return repoWriteRateLimits.map(({ name }) => ({ shared: name, key: ({ auth }) => auth.actor.did, points }))
}

/** By address. */
export const getRepoRateLimit = { limit: 6_000, windowMs: 5 * minuteMs }

/** By address. */
export const uploadBlobRateLimit = { limit: 1_000, windowMs: dayMs }
