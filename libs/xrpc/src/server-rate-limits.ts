import { hash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { addressRanges } from './address-ranges.ts'
import { globalRateLimit } from './limits.ts'
import type { ServerRateLimits } from './rate-limit.ts'

export interface BypassSettings {
  readonly bypassKey: string | undefined
  /** Addresses and CIDR ranges. */
  readonly bypassAddresses: readonly string[]
}

/** The limits of a service's server (reference-behaviour §0.1); methods bring their own, `shared` is what they share. */
export function serverRateLimits(
  { bypassKey, bypassAddresses }: BypassSettings,
  own: Pick<ServerRateLimits, 'shared' | 'counters'>,
): ServerRateLimits {
  const includes = addressRanges(bypassAddresses)
  return {
    ...own,
    global: [globalRateLimit],
    bypass: ({ headers, ip }: FastifyRequest) =>
      isKey(headers['x-ratelimit-bypass'], bypassKey) || includes(ip),
  }
}

function isKey(presented: string | string[] | undefined, key: string | undefined): boolean {
  if (typeof presented !== 'string' || key === undefined) return false
  return timingSafeEqual(hash('sha256', presented, 'buffer'), hash('sha256', key, 'buffer'))
}
