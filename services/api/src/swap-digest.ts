import { parseCid } from '@atproto/lex-data'
import { type Digest, digestOf } from '@heronry/core/cid'

/**
 * What `swapCommit` or `swapRecord` names; `text` is a CID, as its lexicon says. One of another version, codec or hash than those of commits and
 * records is one that nothing has: it becomes bytes that no digest equals, so that the swap is lost rather than the request invalid.
 */
export function swapDigest(text: string): Digest {
  return digestOf(parseCid(text)) ?? noDigest
}

const noDigest = new Uint8Array(0) as Digest
