import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import type { Transaction } from '@heronry/db/in-transaction'
import { enqueue } from '@heronry/jobs/enqueue'
import { sendMail } from '@heronry/jobs/kinds/send-mail'
import { findActor } from './actor.ts'
import { findLogin } from './find-login.ts'
import type { MailSender } from './mail-token.ts'

export interface MemberMail {
  readonly community: MailSender
  readonly did: Did
  readonly subject?: string | undefined
  readonly html: string
}

/**
 * Writes a moderator's mail to a member, in whatever state the account is. It is a job: who is answered knows that it will be sent, not
 * that it has arrived. Throws `InvalidRequest` where the community has no such account, or there is nothing to say.
 */
export async function mailMember(tx: Transaction, mail: MemberMail): Promise<void> {
  const { community, did, html } = mail
  if (html.trim() === '') throw new HeronryError('InvalidRequest', 'The mail has no content')
  const actor = await findActor(tx, { communityId: community.id, didOrHandle: did })
  const login = actor && (await findLogin(tx, actor.id))
  if (login === undefined) throw new HeronryError('InvalidRequest', 'Recipient not found')
  const subject = mail.subject?.trim() || 'Message via your PDS'
  await enqueue(tx, sendMail, {
    payload: {
      communityId: community.id,
      serviceName: community.settings.name,
      to: login.email,
      mail: { template: 'message', subject, html },
    },
  })
}
