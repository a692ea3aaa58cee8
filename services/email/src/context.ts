import type { Logger } from '@heronry/telemetry/logger'
import type { Metrics } from '@heronry/telemetry/metrics'
import { createTransport } from 'nodemailer'
import { connectTimeoutMs, smtpConnectionsMax, smtpSilenceMsMax } from './limits.ts'

export interface EmailParts {
  mail: Mailer | undefined
  /** Of what moderators write to members. */
  moderationMail?: Mailer | undefined
  logger: Logger
  metrics?: Metrics | undefined
}

/** Where mail goes, and from which address; undefined: nowhere. */
type Mailer = { readonly smtpUrl: string; readonly fromAddress: string }

export type EmailContext = ReturnType<typeof createEmailContext>

/** What the mail handler needs. Connections to an SMTP server are made when there is a mail, and closed by disposing. */
export function createEmailContext({ mail, moderationMail, logger, metrics }: EmailParts) {
  const outgoing = outgoingOf(mail)
  const moderation = outgoingOf(moderationMail)
  return {
    logger,
    metrics,
    outgoing,
    moderation,
    [Symbol.dispose]: () => {
      outgoing?.transport.close()
      moderation?.transport.close()
    },
  }
}

function outgoingOf(mailer: Mailer | undefined) {
  if (mailer === undefined) return undefined
  const transport = createTransport({
    url: mailer.smtpUrl,
    pool: true,
    maxConnections: smtpConnectionsMax,
    connectionTimeout: connectTimeoutMs,
    greetingTimeout: connectTimeoutMs,
    socketTimeout: smtpSilenceMsMax,
  })
  return { transport, fromAddress: mailer.fromAddress }
}
