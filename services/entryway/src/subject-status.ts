import type { AtUriString } from '@atproto/syntax'
import { findAccountState } from '@heronry/accounts/moderate-account'
import { findBlobTakedown } from '@heronry/blobs/blob-takedown'
import { cidString, parseDigest } from '@heronry/core/cid'
import { HeronryError } from '@heronry/core/error'
import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { findRecordTakedown } from '@heronry/repo/record-takedown'
import type { Subject } from './subject.ts'

/** com.atproto.admin.defs#statusAttr */
interface StatusAttr {
  readonly applied: boolean
  readonly ref?: string
}

/** What the community says of one of its subjects, as getSubjectStatus answers it. Throws `NotFound`. */
export async function subjectStatus(
  db: Database,
  { communityId, subject }: { communityId: CommunityId; subject: Subject },
) {
  const { kind, did } = subject
  const account = await findAccountState(db, { communityId, did })
  if (account === undefined) throw new HeronryError('NotFound', 'Subject not found')
  if (kind === 'account') {
    return {
      subject: { $type: 'com.atproto.admin.defs#repoRef' as const, did },
      takedown: statusAttr(account.takedownRef),
      deactivated: { applied: account.deactivatedAt !== null },
    }
  }
  if (kind === 'blob') {
    const blob = await findBlobTakedown(db, { actorId: account.id, cid: parseDigest(subject.cid, 'raw') })
    if (blob === undefined) throw new HeronryError('NotFound', 'Subject not found')
    const ref = { $type: 'com.atproto.admin.defs#repoBlobRef' as const, did, cid: subject.cid }
    return { subject: ref, takedown: statusAttr(blob.ref) }
  }
  const record = await findRecordTakedown(db, { actorId: account.id, path: subject.path })
  if (record === undefined) throw new HeronryError('NotFound', 'Subject not found')
  const uri = `at://${did}/${subject.path}` as AtUriString
  const ref = { $type: 'com.atproto.repo.strongRef' as const, uri, cid: cidString(record.cid) }
  return { subject: ref, takedown: { applied: record.isTakenDown } }
}

function statusAttr(ref: string | null): StatusAttr {
  return ref === null ? { applied: false } : { applied: true, ref }
}
