import type { EmailConfig } from '@heronry/config/house-config'
import type { ProcessParts } from '@heronry/xrpc/process/run-process'
import { emailHandlers } from './app.ts'
import { createEmailContext } from './context.ts'

/** The jobs of this service; disposing closes the connections to the SMTP server. */
export function openEmail({ config, logger, metrics }: ProcessParts<EmailConfig>) {
  const context = createEmailContext({
    mail: config.mail,
    moderationMail: config.moderationMail,
    logger,
    metrics,
  })
  return { handlers: emailHandlers(context), [Symbol.dispose]: () => context[Symbol.dispose]() }
}
