import type { Logger } from '@heronry/telemetry/logger'
import type { Metrics } from '@heronry/telemetry/metrics'
import { createTransport } from 'nodemailer'
import { connectTimeoutMs, smtpConnectionsMax, smtpSilenceMsMax } from './limits.ts'

export interface EmailParts {
  /** Where mail goes; undefined: nowhere. */
  mail: { smtpUrl: string; fromAddress: string } | undefined
  logger: Logger
  metrics?: Metrics | undefined
}

export type EmailContext = ReturnType<typeof createEmailContext>

/** What the mail handler needs. The connections to the SMTP server are made when there is a mail, and closed by disposing. */
export function createEmailContext({ mail, logger, metrics }: EmailParts) {
  const transport =
    mail &&
    createTransport({
      url: mail.smtpUrl,
      pool: true,
      maxConnections: smtpConnectionsMax,
      connectionTimeout: connectTimeoutMs,
      greetingTimeout: connectTimeoutMs,
      socketTimeout: smtpSilenceMsMax,
    })
  return {
    logger,
    metrics,
    outgoing: mail && transport && { transport, fromAddress: mail.fromAddress },
    [Symbol.dispose]: () => transport?.close(),
  }
}
