import { isNotice, type SendMail } from '@heronry/jobs/kinds/send-mail'
import Handlebars from 'handlebars'
import { catalogOf } from './languages.ts'
import { brandColors } from './mail-colors.ts'
import { mailSource } from './mail-source.ts'
import type { MailTexts } from './mail-texts.ts'
import type { MailTemplate } from './mail-words.ts'
import { plainText } from './plain-text.ts'

/** Where the HTML finds the logo: among what comes with the mail. */
export const logoCid = 'logo'

/** The mail as it will be read. No remote images but those that a moderator writes, and a code stands alone to be copied. */
export function renderMail(job: SendMail): MailTexts {
  const { mail } = job
  if (mail.template === 'message') {
    return { subject: oneLine(mail.subject), text: plainText(mail.html), html: mail.html }
  }
  const { serviceName, links = {}, brand = {} } = job
  const { language, catalog } = catalogOf(brand.language)
  const values = isNotice(mail)
    ? mail.values
    : {
        ...{ code: mail.code, validMinutes: mail.validMinutes, expiry: clockTime(mail.expiresAt) },
        asked: mail.asked && [mail.asked.did, mail.asked.device, mail.asked.address].join('\n'),
      }
  return compiled(language, mail.template, () => mailSource(catalog, mail.template))({
    home: links.home,
    support: links.support,
    logo: brand.logo && `cid:${logoCid}`,
    handle: mail.handle,
    ...values,
    ...brandColors(brand.color),
    ...{ language, serviceName, moment: moment(job.at) },
  })
}

type Render = (variables: object) => MailTexts

const compiledMails = new Map<string, Render>()

/** Compiled when the first is sent: it takes longer than the mail. */
function compiled(language: string, template: MailTemplate, source: () => MailTexts): Render {
  const key = `${language} ${template}`
  const render = compiledMails.get(key) ?? compile(source())
  compiledMails.set(key, render)
  return render
}

const helpers = {
  lines: (text?: string) => text?.split('\n') ?? [],
  is: (value: string, other: string) => value === other,
}

function compile({ subject, text, html }: MailTexts): Render {
  const plain = (source: string) => Handlebars.compile(source, { noEscape: true, strict: true })
  const parts = {
    subject: plain(subject),
    text: plain(text),
    html: Handlebars.compile(html, { strict: true }),
  }
  return (variables) => ({
    subject: oneLine(parts.subject(variables, { helpers })),
    text: parts.text(variables, { helpers }),
    html: parts.html(variables, { helpers }),
  })
}

function clockTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(11, 16)} UTC`
}

function moment(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** A subject is one line, whatever a community calls itself. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ')
}
