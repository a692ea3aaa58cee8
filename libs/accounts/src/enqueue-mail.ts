import { findMailSender } from '@heronry/communities/mail-sender'
import type { ActorId, CommunityId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { enqueue } from '@heronry/jobs/enqueue'
import { codePriority, type SendMail, sendMail } from '@heronry/jobs/kinds/send-mail'

export interface MailRequest {
  readonly communityId: CommunityId
  /** Who sees what becomes of it; undefined: support alone. */
  readonly actorId?: ActorId | undefined
  readonly to: string
  /** When its cause happened. */
  readonly at: Date
  readonly mail: SendMail['mail']
}

/** A mail in the community's name, as the community is now: it goes out if, and only if, the transaction is committed. Codes go first. Answers its number. */
export async function enqueueMail(
  tx: Transaction,
  { communityId, actorId, to, at, mail }: MailRequest,
): Promise<bigint | undefined> {
  const sender = await findMailSender(tx, communityId)
  return await enqueue(tx, sendMail, {
    priority: 'expiresAt' in mail ? codePriority : 0,
    actorId,
    label: mail.template,
    payload: { ...sender, communityId, to, at: at.getTime(), mail },
  })
}
