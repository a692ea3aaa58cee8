import { findAccountState, moderateAccount } from '@heronry/accounts/moderate-account'
import { setBlobTakedown } from '@heronry/blobs/blob-takedown'
import { parseDigest } from '@heronry/core/cid'
import type { Clock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import type { ActorId, CommunityId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { setRecordTakedown } from '@heronry/repo/record-takedown'
import { stateFacts } from './account-facts.ts'
import type { ActFacts } from './audit-trail.ts'
import type { Subject } from './subject.ts'

export interface Moderation {
  readonly communityId: CommunityId
  readonly subject: Subject
  readonly takedown: { readonly applied: boolean; readonly ref?: string | undefined } | undefined
  /** Of accounts alone. */
  readonly deactivated: { readonly applied: boolean } | undefined
}

/**
 * Takes a subject of the community down or gives it back; what is left out stays as it is. Answers what was and what has become. Throws
 * `NotFound` for what the community has not, and `InvalidRequest` for what cannot be both.
 */
export async function moderateSubject(
  tx: Transaction,
  { clock }: { clock: Clock },
  { communityId, subject, takedown, deactivated }: Moderation,
): Promise<ActFacts> {
  if (takedown?.applied && deactivated?.applied === false) {
    throw new HeronryError('InvalidRequest', 'Cannot activate and takedown an account at the same time')
  }
  const ref = takedown && (takedown.applied ? takedown.ref || new Date(clock.now()).toISOString() : null)
  if (subject.kind === 'account') {
    const change = {
      ...(ref !== undefined && { takedownRef: ref }),
      ...(deactivated && { deactivated: deactivated.applied && { deleteAfter: null } }),
    }
    const { before, after } = await moderateAccount(tx, { clock }, { communityId, did: subject.did, change })
    return { before: stateFacts(before), after: stateFacts(after) }
  }
  const account = await findAccountState(tx, { communityId, did: subject.did })
  if (account === undefined) throw new HeronryError('NotFound', 'Repo not found')
  if (ref === undefined) return {}
  const was = await setTakedown(tx, { subject, actorId: account.id, ref })
  if (was === undefined) throw new HeronryError('NotFound', 'Subject not found')
  return { before: { takedown: was }, after: { takedown: ref } }
}

/** What it was before: a reference, true where none is kept (of records), or null. */
async function setTakedown(
  tx: Transaction,
  {
    subject,
    actorId,
    ref,
  }: { subject: Exclude<Subject, { kind: 'account' }> } & { actorId: ActorId; ref: string | null },
): Promise<string | true | null | undefined> {
  if (subject.kind === 'blob') {
    const was = await setBlobTakedown(tx, { actorId, cid: parseDigest(subject.cid, 'raw'), ref })
    return was?.ref
  }
  const was = await setRecordTakedown(tx, { actorId, path: subject.path, applied: ref !== null })
  return was && (was.isTakenDown || null)
}
