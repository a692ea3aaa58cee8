import { isIPv4, isIPv6 } from 'node:net'

/**
 * What a client is counted by: its IPv4 address, or the /64 of its IPv6 address, which one subscriber has for himself: he could take
 * another address of it for every request. What is no address (a proxy may forward anything) is its own key.
 */
export function clientKey({ ip }: { readonly ip: string }): string {
  const [address = ''] = ip.split('%')
  const embedded = address.slice(address.lastIndexOf(':') + 1)
  if (/^::ffff:/i.test(address) && isIPv4(embedded)) return embedded
  return isIPv6(address) ? `${network(address)}::/64` : ip
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
