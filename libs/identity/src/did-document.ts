import type { LexMap } from '@atproto/lex-data'
import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import { parseJsonObject } from './json.ts'
import { documentDepthMax } from './limits.ts'

/** A DID document, passed on as it came; only `id` has been read. */
export type DidDocument = LexMap & { readonly id: Did }

/** Throws `UpstreamFailure` for what is no DID document of that DID. */
export function parseDidDocument(did: Did, body: Buffer): DidDocument {
  const document = parseJsonObject(body, `The document of ${did}`)
  if (document['id'] !== did) {
    throw new HeronryError('UpstreamFailure', `The document of ${did} is of another DID`)
  }
  if (!isWithin(document, documentDepthMax)) {
    throw new HeronryError('UpstreamFailure', `The document of ${did} is nested too deeply`)
  }
  if (unstorable.test(JSON.stringify(document))) {
    throw new HeronryError('UpstreamFailure', `The document of ${did} has a text that is not valid Unicode`)
  }
  return document as unknown as DidDocument
}

/** NUL, and half a surrogate pair, as JSON.stringify writes them: Postgres stores neither in its JSON, and no document needs one. */
const unstorable = /\\u(?:0000|d[89a-f])/

/** Looked at before anything recursive sees the value. */
function isWithin(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return depth > 0 && Object.values(value).every((part) => isWithin(part, depth - 1))
}
