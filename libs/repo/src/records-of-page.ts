import type { Digest } from '@heronry/core/cid'
import { pageValueBytesMax } from './read-limits.ts'
import type { PageOfRow } from './records-of-actors.ts'
import type { StoredRecord } from './stored-record.ts'

/** The records of a page; undefined where one of them is so large that it was left out. */
export function recordsOfPage({
  paths,
  cids,
  sizes,
  values,
}: PageOfRow): readonly StoredRecord[] | undefined {
  if (paths === null || cids === null || sizes === null) return []
  const bytes = sizes.split(' ').map(Number)
  if (values === null || bytes.some((size) => size > pageValueBytesMax)) return undefined
  let end = 0
  return paths.split(' ').map((path, index) => {
    const start = end
    end += bytes[index] ?? 0
    const cid = cids.subarray(index * 32, index * 32 + 32) as Digest
    return { path, cid, value: values.subarray(start, end) }
  })
}
