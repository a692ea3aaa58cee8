import { isValidDid } from '@atproto/syntax'
import type { Brand } from './brand.ts'
import { HeronryError } from './error.ts'

/** A decentralized identifier (https://atproto.com/specs/did). */
export type Did = Brand<`did:${string}:${string}`, 'Did'>

export function isDid(text: string): text is Did {
  return isValidDid(text)
}

/** Throws `InvalidRequest` for what is no DID. */
export function parseDid(text: string): Did {
  if (!isDid(text))
    throw new HeronryError('InvalidRequest', 'A DID is expected, such as did:plc:… or did:web:…')
  return text
}
