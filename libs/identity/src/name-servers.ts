import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'

/**
 * The addresses of the name servers that an operator has named: an address or a host, either with a port (`[::1]:53` for IPv6). What
 * cannot be found is left out.
 */
export async function nameServerAddresses(servers: readonly string[]): Promise<string[]> {
  const found = await Promise.all(servers.map((server) => addressOf(server).catch(() => undefined)))
  return found.filter((address) => address !== undefined)
}

async function addressOf(server: string): Promise<string | undefined> {
  if (isIP(server) !== 0) return server
  const [, host, port] = /^\[?([^[\]]+?)\]?(?::(\d{1,5}))?$/.exec(server) ?? []
  if (host === undefined) return undefined
  const { address } = isIP(host) === 0 ? await lookup(host) : { address: host }
  if (port === undefined) return address
  return isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`
}
