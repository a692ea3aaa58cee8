import { decode } from '@atcute/cbor'
import { lexToJson } from '@atproto/lex'
import { decode as decodeAny } from '@atproto/lex-cbor'
import { cidString } from '@heronry/core/cid'
import type { Did } from '@heronry/core/did'
import type { StoredRecord } from '@heronry/repo/get-record'
import type { RawAnswer } from '@heronry/xrpc/method'
import { recordUri } from './record-uri.ts'

/**
 * A stored record as a record view, for `recordsAnswer` alone: its links and bytes become `$link` and `$bytes` where it is written as
 * JSON. What is stored was encoded by the house, and is decoded without being checked by a lexicon again.
 */
export function recordView(did: Did, { path, cid, value }: StoredRecord) {
  return { uri: recordUri(did, path), cid: cidString(cid), value: decoded(value) }
}

/** A link to a CID of another version or hash is nothing the fast decoder knows; it may be written, and is shown as it was. */
function decoded(value: Uint8Array): unknown {
  try {
    return decode(value)
  } catch {
    return lexToJson(decodeAny(value))
  }
}

/** Answers with record views in it. Measured for 50 posts: 0.2 ms instead of 0.9 ms for lexicon values written by `@atproto/lex`. */
export function recordsAnswer(body: object): RawAnswer {
  return { encoding: 'application/json; charset=utf-8', buffer: Buffer.from(JSON.stringify(body)) }
}
