import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Whether the address belongs to the public internet: unicast, not private, not loopback, not a cloud's metadata. */
export function isPublicAddress(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast'
}

/**
 * A `lookup` for `node:http`, which connects to exactly the addresses that it hands out: a name that has even one address
 * inside is refused, and a second answer of the name server cannot slip in between the check and the connection.
 */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  const all: LookupAllOptions = { ...options, all: true }
  lookup(hostname, all, (error, addresses) => {
    if (error !== null) return callback(error, '')
    const refusal = addresses.find(({ address }) => !isPublicAddress(address))
    if (refusal !== undefined) return callback(new Error(`${hostname} is not on the public internet`), '')
    answer(addresses)
  })

  function answer(addresses: LookupAddress[]): void {
    const [first] = addresses
    if (first === undefined) callback(new Error(`${hostname} has no address`), '')
    else if (options.all) callback(null, addresses)
    else callback(null, first.address, first.family)
  }
}
