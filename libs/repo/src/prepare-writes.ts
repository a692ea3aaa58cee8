import { isPlainObject, type LexMap } from '@atproto/lex-data'
import { isValidNsid, isValidRecordKey } from '@atproto/syntax'
import type { Clock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import { commitOpsMax } from '@heronry/core/limits'
import { backlinkOf } from './backlink.ts'
import { knownRecords, type RecordSchema } from './known-records.ts'
import type { CreateRequest, PreparedWrite, ReplaceRequest, WriteRequest } from './prepared-write.ts'
import { nextRecordKey } from './record-key.ts'
import { recordValue } from './record-value.ts'

export interface Writes {
  writes: readonly WriteRequest[]
  /** False: no lexicon is asked. True: a collection without a known lexicon is refused. Undefined: validated where known. */
  validate: boolean | undefined
  clock: Clock
}

/** Everything about writes that needs no repo: keys, `$type`, validation, encoding, limits. Throws `InvalidRequest`, `BlobNotFound`. */
export function prepareWrites({ writes, validate, clock }: Writes): PreparedWrite[] {
  if (writes.length > commitOpsMax) throw invalid(`Too many writes. Max: ${commitOpsMax}`)
  return writes.map((write) => {
    const rkey = write.rkey ?? nextRecordKey(clock)
    const { collection, action } = write
    const path = checkedPath({ collection, rkey })
    const missing = (write.action === 'delete' ? write.missing : undefined) ?? 'refuse'
    const common = { action, collection, rkey, path, missing }
    const swap = write.action === 'create' ? {} : { swapRecord: write.swapRecord }
    if (write.action === 'delete') {
      return { ...common, ...swap, cid: null, value: null, blobs: [], backlink: null }
    }
    return { ...common, ...swap, ...prepareRecord(write, { rkey, validate }) }
  })
}

function checkedPath({ collection, rkey }: { collection: string; rkey: string }): string {
  if (!isValidNsid(collection)) throw invalid(`Not a valid collection: ${shown(collection)}`)
  if (!isValidRecordKey(rkey)) throw invalid(`Not a valid record key: ${shown(rkey)}`)
  return `${collection}/${rkey}`
}

function shown(text: unknown): string {
  return String(text).slice(0, 512)
}

function prepareRecord(
  { collection, record }: CreateRequest | ReplaceRequest,
  { rkey, validate }: { rkey: string; validate: boolean | undefined },
) {
  const typed = withType(collection, record)
  // Before the blobs are looked at: a lexicon says more clearly what is wrong with a reference.
  const validationStatus = validate === false ? undefined : validated(collection, { typed, rkey, validate })
  const backlink = backlinkOf(collection, typed)
  return { ...recordValue(typed), backlink, ...(validationStatus && { validationStatus }) }
}

function withType(collection: string, record: unknown): LexMap {
  if (!isPlainObject(record)) throw invalid('A record is an object')
  const type = (record as LexMap)['$type']
  if (type === undefined) return { $type: collection, ...(record as LexMap) }
  if (type !== collection) throw invalid(`Invalid $type: expected ${collection}, got ${String(type)}`)
  return record as LexMap
}

function validated(
  collection: string,
  { typed, rkey, validate }: { typed: LexMap; rkey: string; validate: boolean | undefined },
): 'valid' | 'unknown' {
  const schema = knownRecords.get(collection)
  if (schema !== undefined) {
    assertValid(schema, { record: typed, rkey })
    return 'valid'
  }
  if (validate === true) throw invalid(`Unknown lexicon type: ${collection}`)
  return 'unknown'
}

function assertValid(schema: RecordSchema, { record, rkey }: { record: LexMap; rkey: string }): void {
  if (!schema.keySchema.matches(rkey)) {
    throw invalid(`Invalid record key for ${schema.$type}: expected ${schema.key}, got ${rkey}`)
  }
  const result = schema.safeValidate(record)
  if (!result.success) throw invalid(`Invalid ${schema.$type} record: ${result.reason.message}`)
}

function invalid(message: string): HeronryError {
  return new HeronryError('InvalidRequest', message)
}
