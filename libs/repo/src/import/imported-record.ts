import { decode, encode } from '@atproto/lex-cbor'
import { ifCid, isPlainObject, type LexMap } from '@atproto/lex-data'
import type { Digest } from '@heronry/core/cid'
import { recordBytesMax } from '@heronry/core/limits'
import { backlinkOf } from '../backlink.ts'
import { recordBlobsMax, recordDepthMax } from '../limits.ts'
import { namedBlobs } from '../named-blobs.ts'
import type { Backlink } from '../prepared-write.ts'
import { badCar } from './bad-car.ts'

export interface ImportedRecord {
  readonly backlink: Backlink | null
  readonly blobs: readonly Digest[]
}

/**
 * What a record from elsewhere says of blobs and subjects. Throws `InvalidRequest` where its bytes are not the one encoding of a record of the
 * data model (https://atproto.com/specs/data-model), or past the limits of size, depth and blobs. Its collection's lexicon is not asked: what
 * another host took is taken.
 */
export function importedRecord(path: string, bytes: Buffer): ImportedRecord {
  if (bytes.length > recordBytesMax) throw unreadable(path, `it has more than ${recordBytesMax} bytes`)
  const record = decoded(path, bytes)
  if (!isPlainObject(record)) throw unreadable(path, 'it is no object')
  if (depthOf(record) > recordDepthMax)
    throw unreadable(path, `it is more than ${recordDepthMax} levels deep`)
  const blobs = namedBlobs(record)
  if (blobs.length > recordBlobsMax) throw unreadable(path, `it refers to more than ${recordBlobsMax} blobs`)
  return { backlink: backlinkOf(path.slice(0, path.indexOf('/')), record as LexMap), blobs }
}

/** Encoded again, it is the same bytes: no number has a longer form than it needs, no key stands twice or out of order, there are no floats. */
function decoded(path: string, bytes: Buffer): unknown {
  try {
    const record = decode(bytes)
    if (bytes.compare(encode(record)) === 0) return record
  } catch (cause) {
    throw unreadable(path, 'its bytes are not canonical CBOR of the data model', cause)
  }
  throw unreadable(path, 'its bytes are not canonical CBOR of the data model')
}

function depthOf(record: object): number {
  let depth = 0
  let level: unknown[] = [record]
  while (level.length > 0 && depth <= recordDepthMax) {
    depth++
    level = level.flatMap((value) => Object.values(value as object)).filter(isNesting)
  }
  return depth
}

function isNesting(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array) && !ifCid(value)
}

function unreadable(path: string, why: string, cause?: unknown) {
  return badCar(`Could not parse record at '${path}': ${why}`, cause)
}
