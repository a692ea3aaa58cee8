import { InvalidRequestError } from '@atproto/xrpc-server'
import { type Did, isDid } from '@heronry/core/did'

/** `did#service`, as a client names the service that a call is for. */
export interface NamedService {
  readonly did: Did
  readonly serviceId: string
}

/** Reads an `atproto-proxy` header; throws the reference's 400s. */
export function readProxyHeader(header: string): NamedService {
  const hash = header.indexOf('#')
  if (hash === 0) throw new InvalidRequestError('no did specified in proxy header')
  if (hash === -1 || hash === header.length - 1) {
    throw new InvalidRequestError('no service id specified in proxy header')
  }
  if (header.includes('#', hash + 1)) throw new InvalidRequestError('invalid proxy header format')
  if (header.includes(' ')) throw new InvalidRequestError('proxy header cannot contain spaces')
  const did = header.slice(0, hash)
  if (!isDid(did)) throw new InvalidRequestError('could not resolve proxy did')
  return { did, serviceId: header.slice(hash + 1) }
}
