import { BytesWrapper, CidLinkWrapper, encode } from '@atcute/cbor'
import { cidBytes, type Digest } from '@heronry/core/cid'

/** What a message consists of. Links and bytes are `link(digest)` and `bytes(buffer)`. */
export type MessageValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | CidLinkWrapper
  | BytesWrapper
  | readonly MessageValue[]
  | MessageMap

export interface MessageMap {
  readonly [key: string]: MessageValue
}

export function link(digest: Digest): CidLinkWrapper {
  return new CidLinkWrapper(cidBytes(digest))
}

export function bytes(value: Uint8Array): BytesWrapper {
  return new BytesWrapper(value)
}

/** A message's DRISL with the value of `seq` left out; the value belongs at the byte offset `seqAt`. */
export interface MessageBody {
  readonly seqAt: number
  readonly body: Uint8Array
}

/**
 * Encodes a message around its missing `seq`.
 *
 * DRISL orders keys by length, then bytewise: `before` holds the keys that sort before `seq` (`did`, `ops`, `rev`), `after`
 * the others. A key whose value is undefined is left out.
 */
export function messageBody({ before, after }: { before: MessageMap; after: MessageMap }): MessageBody {
  const head = encode(before)
  const tail = encode(after)
  const body = new Uint8Array(head.length + seqKey.length + tail.length - 1)
  body[0] = mapHead(mapSize(head) + 1 + mapSize(tail))
  body.set(head.subarray(1), 1)
  body.set(seqKey, head.length)
  const seqAt = head.length + seqKey.length
  body.set(tail.subarray(1), seqAt)
  return { seqAt, body }
}

const seqKey = encode('seq')

/** The size of a map of fewer than 24 keys is the low five bits of its first byte. */
function mapSize(map: Uint8Array): number {
  return (map[0] ?? 0) & 0x1f
}

function mapHead(size: number): number {
  if (size >= 24) throw new Error(`A message of ${size} keys`)
  return 0xa0 | size
}
