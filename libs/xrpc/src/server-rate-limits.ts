import { hash, timingSafeEqual } from 'node:crypto'
import { BlockList, isIP, isIPv6 } from 'node:net'
import type { FastifyRequest } from 'fastify'
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
  const addresses = blockList(bypassAddresses)
  return {
    ...own,
    global: [globalRateLimit],
    bypass: ({ headers, ip }: FastifyRequest) =>
      isKey(headers['x-ratelimit-bypass'], bypassKey) || includes(addresses, ip),
  }
}

function isKey(presented: string | string[] | undefined, key: string | undefined): boolean {
  if (typeof presented !== 'string' || key === undefined) return false
  return timingSafeEqual(hash('sha256', presented, 'buffer'), hash('sha256', key, 'buffer'))
}

/** What a proxy forwards need not be an address. */
function includes(list: BlockList, ip: string): boolean {
  return isIP(ip) !== 0 && list.check(ip, isIPv6(ip) ? 'ipv6' : 'ipv4')
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
