import type { SendMail } from '@heronry/jobs/kinds/send-mail'
import Handlebars from 'handlebars'
import { confirmEmail } from './templates/confirm-email.ts'

/** One mail's three texts; `{{name}}` is a variable, escaped in the HTML. */
export interface MailTemplate {
  readonly subject: string
  readonly text: string
  readonly html: string
}

export interface RenderedMail extends MailTemplate {}

const templates: Record<SendMail['mail']['template'], (variables: object) => RenderedMail> = {
  'confirm-email': compiled(confirmEmail),
}

/** The mail as it will be read. No remote images, and the code stands alone to be copied. */
export function renderMail({ serviceName, mail }: SendMail): RenderedMail {
  return templates[mail.template]({ ...mail, serviceName })
}

function compiled({ subject, text, html }: MailTemplate): (variables: object) => RenderedMail {
  const plain = (source: string) => Handlebars.compile(source, { noEscape: true, strict: true })
  const parts = {
    subject: plain(subject),
    text: plain(text),
    html: Handlebars.compile(html, { strict: true }),
  }
  return (variables) => ({
    // A subject is one line, whatever a community calls itself.
    subject: parts.subject(variables).replaceAll(/\s+/g, ' '),
    text: parts.text(variables),
    html: parts.html(variables),
  })
}
