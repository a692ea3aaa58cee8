import { getBlobCid, ifCid, isLegacyBlobRef, isPlainObject, isTypedBlobRef } from '@atproto/lex-data'
import { type Digest, digestOf } from '@heronry/core/cid'

/** The blobs a stored record refers to, each once, in whatever form: records of other hosts may have legacy references. */
export function namedBlobs(record: unknown): Digest[] {
  const found = new Map<string, Digest>()
  const open: unknown[] = [record]
  for (let value = open.pop(); value !== undefined || open.length > 0; value = open.pop()) {
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array || ifCid(value)) continue
    if (isTypedBlobRef(value) || isLegacyBlobRef(value)) {
      const cid = getBlobCid(value)
      const digest = cid && digestOf(cid, 'raw')
      if (cid && digest) found.set(cid.toString(), digest)
    } else if (Array.isArray(value)) open.push(...value)
    else if (isPlainObject(value)) open.push(...Object.values(value))
  }
  return [...found.values()]
}
