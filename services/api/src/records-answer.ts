import { cidString } from '@heronry/core/cid'
import type { Did } from '@heronry/core/did'
import type { StoredRecord } from '@heronry/repo/stored-record'
import type { RawAnswer } from '@heronry/xrpc/method'
import { JsonBytes } from './json-bytes.ts'
import { recordUri } from './record-uri.ts'

/** com.atproto.repo.getRecord#output. What is stored was encoded by the house, and is not checked by a lexicon again. */
export function recordAnswer(did: Did, record: StoredRecord): RawAnswer {
  const json = new JsonBytes(bytesExpected(1, record.value.length))
  writeView(json, did, record)
  return answer(json)
}

/** com.atproto.repo.listRecords#output */
export function recordsAnswer(did: Did, records: readonly StoredRecord[], cursor?: string): RawAnswer {
  const valueBytes = records.reduce((sum, { value }) => sum + value.length, 0)
  const json = new JsonBytes(bytesExpected(records.length, valueBytes))
  json.ascii('{"records":[')
  for (const [index, record] of records.entries()) {
    if (index > 0) json.ascii(',')
    writeView(json, did, record)
  }
  json.ascii(cursor === undefined ? ']}' : `],"cursor":"${cursor}"}`)
  return answer(json)
}

/** Nothing of a DID, a path or a CID is escaped in JSON. */
function writeView(json: JsonBytes, did: Did, { path, cid, value }: StoredRecord): void {
  json.ascii(`{"uri":"${recordUri(did, path)}","cid":"${cidString(cid)}","value":`)
  json.value(value)
  json.ascii('}')
}

function bytesExpected(records: number, valueBytes: number): number {
  return 2_048 + 200 * records + 1.2 * valueBytes
}

function answer(json: JsonBytes): RawAnswer {
  return { encoding: 'application/json; charset=utf-8', buffer: json.done() }
}
