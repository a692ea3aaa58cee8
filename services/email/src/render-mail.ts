import type { SendMail } from '@heronry/jobs/kinds/send-mail'
import Handlebars from 'handlebars'
import type { MailTexts } from './mail-texts.ts'
import { confirmEmail } from './templates/confirm-email.ts'

const templates: Record<SendMail['mail']['template'], (variables: object) => MailTexts> = {
  'confirm-email': compiled(confirmEmail),
}

/** The mail as it will be read. No remote images, and the code stands alone to be copied. */
export function renderMail({ serviceName, mail }: SendMail): MailTexts {
  return templates[mail.template]({ ...mail, serviceName })
}

function compiled({ subject, text, html }: MailTexts): (variables: object) => MailTexts {
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
