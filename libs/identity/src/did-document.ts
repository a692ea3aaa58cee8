import type { LexMap } from '@atproto/lex-data'
import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import { parseJsonObject } from './json.ts'

/** A DID document, passed on as it came; only `id` has been read. */
export type DidDocument = LexMap & { readonly id: Did }

/** Throws `UpstreamFailure` for what is no DID document of that DID. */
export function parseDidDocument(did: Did, body: Buffer): DidDocument {
  const document = parseJsonObject(body, `The document of ${did}`)
  if (document['id'] !== did) {
    throw new HeronryError('UpstreamFailure', `The document of ${did} is of another DID`)
  }
  // Postgres stores no NUL in its JSON, and no document needs one.
  if (JSON.stringify(document).includes('\\u0000')) {
    throw new HeronryError('UpstreamFailure', `The document of ${did} has a NUL in it`)
  }
  return document as unknown as DidDocument
}
