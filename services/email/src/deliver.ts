import { findMailSuppression, suppressMail } from '@heronry/accounts/mail-suppression'
import { assertNoTransaction } from '@heronry/db/in-transaction'
import { Deferral } from '@heronry/jobs/deferral'
import type { SendMail } from '@heronry/jobs/kinds/send-mail'
import { PermanentFailure } from '@heronry/jobs/permanent-failure'
import { inSpan, SpanKind } from '@heronry/telemetry/span'
import { composeMail } from './compose-mail.ts'
import type { EmailContext } from './context.ts'
import { domainBusyMs } from './limits.ts'
import { smtpRefusal } from './smtp-refusal.ts'

export interface Delivery {
  /** The outbox row's id. */
  id: bigint
  mail: SendMail
  /** ms since 1970 */
  now?: number
}

/**
 * Hands one mail to the SMTP server. Its bytes are made of the outbox row: kill -9 after the server took it and before the row ended → the
 * same mail goes out once more, and readers can tell that it is the same.
 *
 * A code that has expired is not sent: the job is tried for much longer than a code is good, and who gets a dead one cannot know it.
 *
 * Throws a `PermanentFailure` where no further try would help, which ends the job and leaves it to who looks after the queue; a `Deferral`
 * where the recipient's domain has enough to do; and an Error for what is worth another try. None tells an address: all end up in the row and the log.
 */
export async function deliver(context: EmailContext, delivery: Delivery): Promise<void> {
  const { metrics } = context
  const refuse = (kind: string, why: string) => {
    metrics?.count('pds_mail_failures_total', { class: kind })
    throw new PermanentFailure(why)
  }
  const { mail, now = Date.now() } = delivery
  const mailer = mail.mail.template === 'message' ? context.moderation : context.outgoing
  if (mailer === undefined) return refuse('unsent', 'No SMTP server is configured for such mail')
  if (isStale(mail, now)) return refuse('expired', 'The code has expired')
  const where = { communityId: mail.communityId, address: mail.to }
  if (await findMailSuppression(context.db, where)) {
    return refuse('suppressed', 'The address was refused for good before')
  }
  using lane = mailer.lanes.take(mail.to)
  if (lane === undefined) throw new Deferral(domainBusyMs * (1 + Math.random()))
  await send(context, mailer, delivery)
}

type Mailer = NonNullable<EmailContext['outgoing']>

async function send(
  { db, dkim, metrics }: EmailContext,
  { transport, fromAddress }: Mailer,
  { id, mail }: Delivery,
): Promise<void> {
  assertNoTransaction('mail')
  const message = composeMail({ id, mail, fromAddress, dkim })
  const span = { kind: SpanKind.CLIENT, attributes: { 'mail.template': mail.mail.template } }
  const startedAt = performance.now()
  try {
    await inSpan('mail.send', span, () => transport.sendMail(message))
    metrics?.observe('pds_mail_delivery_seconds', {}, (performance.now() - startedAt) / 1000)
  } catch (cause) {
    const { error, hardBounce } = smtpRefusal(cause)
    const kind = error instanceof PermanentFailure ? 'permanent' : 'passing'
    metrics?.count('pds_mail_failures_total', { class: kind })
    if (hardBounce !== undefined) {
      await suppressMail(db, { communityId: mail.communityId, address: mail.to, code: hardBounce })
    }
    throw error
  }
}

function isStale({ mail }: SendMail, now: number): boolean {
  return 'expiresAt' in mail && mail.expiresAt <= now
}
