import { isIPv4, isIPv6 } from 'node:net'

/**
 * What a client is counted by: its IPv4 address, or the /64 of its IPv6 address, which one subscriber has for himself: he could take
 * another address of it for every request. What is no address (a proxy may forward anything) is its own key.
 */
export function clientKey({ ip }: { readonly ip: string }): string {
  const [address = ''] = plainAddress(ip).split('%')
  if (isIPv4(address)) return address
  return isIPv6(address) ? `${network(address)}::/64` : ip
}

/** An IPv4 address that a socket for both kinds shows as IPv6, as people write it; anything else as it is. */
export function plainAddress(ip: string): string {
  const embedded = ip.slice(ip.lastIndexOf(':') + 1)
  return /^::ffff:/i.test(ip) && isIPv4(embedded) ? embedded : ip
}

function network(address: string): string {
  const [head = '', tail = ''] = address.split('::')
  const [before, after] = [groups(head), groups(tail)]
  const zeros = Array<string>(8 - before.length - after.length).fill('0')
  return [...before, ...zeros, ...after]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}

/** An IPv4 address at the end stands for two. */
function groups(text: string): string[] {
  return text === '' ? [] : text.split(':').flatMap((group) => (group.includes('.') ? ['0', '0'] : group))
}
