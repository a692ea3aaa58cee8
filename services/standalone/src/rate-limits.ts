import { hash, timingSafeEqual } from 'node:crypto'
import { BlockList, isIPv6 } from 'node:net'
import { repoWriteRateLimits } from '@heronry/api/rate-limits'
import type { RateLimitConfig } from '@heronry/config/house-config'
import type { ServerRateLimits } from '@heronry/xrpc/rate-limit'
import type { FastifyRequest } from 'fastify'
import { globalRateLimit } from './limits.ts'

/** The limits of the whole server (reference-behaviour §0.1); methods bring their own. */
export function rateLimits({ bypassKey, bypassAddresses }: RateLimitConfig): ServerRateLimits {
  const addresses = blockList(bypassAddresses)
  return {
    global: [globalRateLimit],
    shared: repoWriteRateLimits,
    bypass: ({ headers, ip }: FastifyRequest) =>
      isKey(headers['x-ratelimit-bypass'], bypassKey) || addresses.check(ip, isIPv6(ip) ? 'ipv6' : 'ipv4'),
  }
}

function isKey(presented: string | string[] | undefined, key: string | undefined): boolean {
  if (typeof presented !== 'string' || key === undefined) return false
  return timingSafeEqual(hash('sha256', presented, 'buffer'), hash('sha256', key, 'buffer'))
}

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', bits] = range.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return list
}
