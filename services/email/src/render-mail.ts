import type { CodeTemplate, NoticeTemplate, SendMail } from '@heronry/jobs/kinds/send-mail'
import Handlebars from 'handlebars'
import type { MailTexts } from './mail-texts.ts'
import { plainText } from './plain-text.ts'
import { confirmEmail } from './templates/confirm-email.ts'
import { deleteAccount } from './templates/delete-account.ts'
import { plcOperation } from './templates/plc-operation.ts'
import { resetPassword } from './templates/reset-password.ts'
import { secondFactorsReset } from './templates/second-factors-reset.ts'
import { signInCode } from './templates/sign-in-code.ts'
import { updateEmail } from './templates/update-email.ts'

const templates: Record<CodeTemplate | NoticeTemplate, (variables: object) => MailTexts> = {
  'confirm-email': compiled(confirmEmail),
  'update-email': compiled(updateEmail),
  'reset-password': compiled(resetPassword),
  'delete-account': compiled(deleteAccount),
  'plc-operation': compiled(plcOperation),
  'sign-in-code': compiled(signInCode),
  'second-factors-reset': compiled(secondFactorsReset),
}

/** The mail as it will be read. No remote images but those that a moderator writes, and a code stands alone to be copied. */
export function renderMail({ serviceName, links, mail }: SendMail): MailTexts {
  if (mail.template === 'message') {
    return { subject: oneLine(mail.subject), text: plainText(mail.html), html: mail.html }
  }
  return templates[mail.template]({
    home: links?.home,
    support: links?.support,
    ...mail,
    ...('expiresAt' in mail && { expiry: `${new Date(mail.expiresAt).toISOString().slice(11, 16)} UTC` }),
    serviceName,
  })
}

function compiled({ subject, text, html }: MailTexts): (variables: object) => MailTexts {
  const plain = (source: string) => Handlebars.compile(source, { noEscape: true, strict: true })
  const parts = {
    subject: plain(subject),
    text: plain(text),
    html: Handlebars.compile(html, { strict: true }),
  }
  return (variables) => ({
    subject: oneLine(parts.subject(variables)),
    text: parts.text(variables),
    html: parts.html(variables),
  })
}

/** A subject is one line, whatever a community calls itself. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ')
}
