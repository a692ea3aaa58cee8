import type { Clock } from '@heronry/core/clock'
import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import type { CommunityId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { findActor } from './actor.ts'
import { enqueueMail } from './enqueue-mail.ts'
import { findLogin } from './find-login.ts'

export interface MemberMail {
  readonly communityId: CommunityId
  readonly did: Did
  readonly subject?: string | undefined
  readonly html: string
}

/**
 * Writes a moderator's mail to a member, in whatever state the account is. It is a job: who is answered knows that it will be sent, not
 * that it has arrived. Throws `InvalidRequest` where the community has no such account, or there is nothing to say.
 */
export async function mailMember(
  tx: Transaction,
  { clock }: { clock: Clock },
  { communityId, did, html, subject }: MemberMail,
): Promise<void> {
  if (html.trim() === '') throw new HeronryError('InvalidRequest', 'The mail has no content')
  const actor = await findActor(tx, { communityId, didOrHandle: did })
  const login = actor && (await findLogin(tx, actor.id))
  if (login === undefined) throw new HeronryError('InvalidRequest', 'Recipient not found')
  await enqueueMail(tx, {
    communityId,
    actorId: login.actor.id,
    to: login.email,
    at: new Date(clock.now()),
    mail: { template: 'message', subject: subject?.trim() || 'Message via your PDS', html },
  })
}
