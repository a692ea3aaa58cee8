import { AtUri } from '@atproto/syntax'
import { type Did, parseDid } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'

/** What a moderator acts on: an account, or a record or a blob of it. */
export type Subject =
  | { readonly kind: 'account'; readonly did: Did }
  | { readonly kind: 'record'; readonly did: Did; readonly path: string }
  | { readonly kind: 'blob'; readonly did: Did; readonly cid: string }

/** By the types of the lexicon; of a record its CID is not looked at. Throws `InvalidRequest`. */
export function subjectOf(ref: object): Subject {
  const { $type, did, cid, uri } = ref as Partial<Record<string, unknown>>
  if ($type === 'com.atproto.admin.defs#repoRef') return { kind: 'account', did: parseDid(String(did)) }
  if ($type === 'com.atproto.repo.strongRef') return recordOf(String(uri))
  if ($type === 'com.atproto.admin.defs#repoBlobRef') {
    return { kind: 'blob', did: parseDid(String(did)), cid: String(cid) }
  }
  throw new HeronryError('InvalidRequest', `Invalid subject (${String($type).slice(0, 100)})`)
}

/** The record of an at:// URI, whose authority is a DID. */
export function recordOf(uri: string): Subject {
  const { hostname, collection, rkey } = new AtUri(uri)
  if (collection === '' || rkey === '')
    throw new HeronryError('InvalidRequest', 'The URI of a record is expected')
  return { kind: 'record', did: parseDid(hostname), path: `${collection}/${rkey}` }
}

/** As the audit log names it. */
export function subjectName(subject: Subject): string {
  if (subject.kind === 'account') return subject.did
  return subject.kind === 'record' ? `at://${subject.did}/${subject.path}` : `${subject.did} ${subject.cid}`
}
