import { sha256 } from '@heronry/core/cid'
import type { Backlink } from './prepared-write.ts'

/** The numbers `backlink.kind` stores, and where the subject stands in the record. */
const kinds: Record<string, { kind: number; subjectOf: (record: Record<string, unknown>) => unknown }> = {
  'app.bsky.feed.like': { kind: 1, subjectOf: (record) => strongRefUri(record['subject']) },
  'app.bsky.feed.repost': { kind: 2, subjectOf: (record) => strongRefUri(record['subject']) },
  'app.bsky.graph.follow': { kind: 3, subjectOf: (record) => record['subject'] },
  'app.bsky.graph.block': { kind: 4, subjectOf: (record) => record['subject'] },
}

/** The backlink of a record, or null where its collection has none or its subject is not in the expected form. */
export function backlinkOf(collection: string, record: Record<string, unknown>): Backlink | null {
  const known = Object.hasOwn(kinds, collection) ? kinds[collection] : undefined
  const subject = known?.subjectOf(record)
  if (known === undefined || typeof subject !== 'string') return null
  return { kind: known.kind, subject: sha256(Buffer.from(subject)).subarray(0, 16) }
}

/** Whether a record at this path is of a collection that has backlinks. */
export function mayBeLinked(path: string): boolean {
  return Object.hasOwn(kinds, path.slice(0, path.indexOf('/')))
}

export function backlinkKey({ kind, subject }: Backlink): string {
  return `${kind} ${Buffer.from(subject).toString('hex')}`
}

function strongRefUri(subject: unknown): unknown {
  return typeof subject === 'object' && subject !== null && 'uri' in subject ? subject.uri : undefined
}
