import type { EmailConfig } from '@heronry/config/house-config'
import type { ProcessParts } from '@heronry/xrpc/process/run-process'
import { emailHandlers } from './app.ts'
import { createEmailContext } from './context.ts'

/** The jobs of this service; disposing closes the connections to the SMTP server. */
export function openEmail({ config, db, metrics }: ProcessParts<EmailConfig>) {
  const context = createEmailContext({
    db,
    mail: config.mail,
    moderationMail: config.moderationMail,
    dkim: config.dkim,
    metrics,
  })
  return { handlers: emailHandlers(context), [Symbol.dispose]: () => context[Symbol.dispose]() }
}
