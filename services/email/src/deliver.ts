import { assertNoTransaction } from '@heronry/db/in-transaction'
import type { SendMail } from '@heronry/jobs/kinds/send-mail'
import { PermanentFailure } from '@heronry/jobs/permanent-failure'
import { inSpan, SpanKind } from '@heronry/telemetry/span'
import type { EmailContext } from './context.ts'
import { renderMail } from './render-mail.ts'

export interface Delivery {
  /** The outbox row's id. */
  id: bigint
  mail: SendMail
  /** ms since 1970 */
  now?: number
}

/**
 * Hands one mail to the SMTP server. Its Message-ID is made of the outbox row: kill -9 after the server took it and before the
 * row ended → the same mail goes out once more, and readers can tell that it is the same.
 *
 * A code that has expired is not sent: the job is tried for much longer than a code is good, and who gets a dead one cannot know it.
 *
 * Throws a `PermanentFailure` for a 5xx, which ends the job, and an Error for what is worth another try. Neither tells an
 * address: both end up in the row and the log.
 */
export async function deliver(
  { outgoing, moderation, logger, metrics }: EmailContext,
  { id, mail, now = Date.now() }: Delivery,
): Promise<void> {
  const { template } = mail.mail
  const mailer = template === 'message' ? moderation : outgoing
  if (mailer === undefined) {
    logger[template === 'message' ? 'warn' : 'debug'](
      { job: id, template },
      'no SMTP server is configured: mail dropped',
    )
    return
  }
  if (isStale(mail, now)) {
    logger.warn({ job: id, template }, 'the code has expired: mail dropped')
    metrics?.count('pds_mail_failures_total', { class: 'expired' })
    return
  }
  assertNoTransaction('mail')
  const { transport, fromAddress } = mailer
  const messageId = `<heronry-${id}@${fromAddress.split('@').at(-1)}>`
  const headers = template === 'message' ? {} : automatic
  const message = { ...renderMail(mail), to: mail.to, messageId, headers }
  const from = { name: mail.serviceName, address: fromAddress }
  const span = { kind: SpanKind.CLIENT, attributes: { 'mail.template': template } }
  const startedAt = performance.now()
  try {
    await inSpan('mail.send', span, () => transport.sendMail({ ...message, from }))
    metrics?.observe('pds_mail_delivery_seconds', {}, (performance.now() - startedAt) / 1000)
  } catch (error) {
    const told = failure(error)
    const kind = told instanceof PermanentFailure ? 'permanent' : 'passing'
    metrics?.count('pds_mail_failures_total', { class: kind })
    throw told
  }
}

function isStale({ mail }: SendMail, now: number): boolean {
  return 'expiresAt' in mail && mail.expiresAt <= now
}

/** RFC 3834: nobody's holiday notice shall answer. */
const automatic = { 'Auto-Submitted': 'auto-generated' }

function failure(error: unknown): Error {
  const { responseCode, code } = error as { responseCode?: number; code?: string }
  const said = `The SMTP server did not take the mail: ${responseCode ?? code ?? 'no answer'}`
  return responseCode !== undefined && responseCode >= 500 ? new PermanentFailure(said) : new Error(said)
}
