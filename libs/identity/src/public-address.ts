import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Whether the address belongs to the public internet: unicast, not private, not loopback, not a cloud's metadata. */
export function isPublicAddress(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast'
}

/** What a name is looked up by, and which addresses may be connected to. */
export interface AddressRules {
  readonly resolve?: (
    hostname: string,
    options: LookupAllOptions,
    callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
  ) => void
  readonly isAllowed?: (address: string) => boolean
}

/**
 * A `lookup` for `node:net`, which connects to exactly the addresses that it hands out: a name that has even one address
 * inside is refused, and a second answer of the name server cannot slip in between the check and the connection.
 */
export function guardedLookup({
  resolve = lookup,
  isAllowed = isPublicAddress,
}: AddressRules = {}): LookupFunction {
  return (hostname, options, callback) => {
    const all: LookupAllOptions = { ...options, all: true }
    resolve(hostname, all, (error, addresses) => {
      if (error !== null) return callback(error, '')
      const refusal = addresses.find(({ address }) => !isAllowed(address))
      if (refusal !== undefined) return callback(new Error(`${hostname} is not on the public internet`), '')
      const [first] = addresses
      if (first === undefined) callback(new Error(`${hostname} has no address`), '')
      else if (options.all) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }
}

export const publicLookup = guardedLookup()

/** Whether strangers may send us there: over TLS, and, where the host is an address (which nothing looks up), a public one. */
export function isPublicUrl({ protocol, hostname }: URL): boolean {
  const address = hostname.replace(/^\[(.*)\]$/, '$1')
  return protocol === 'https:' && (isIP(address) === 0 || isPublicAddress(address))
}
