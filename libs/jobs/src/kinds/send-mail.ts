import type { CommunityId } from '@heronry/core/ids'
import { defineJob } from '../define-job.ts'

/**
 * A mail to one person, with all that it says: each try sends the same bytes, whatever has become of the community and the account since.
 */
export interface SendMail {
  communityId: CommunityId
  /** The community's name as members know it: it stands in subject, text and sender. */
  serviceName: string
  /** Where the community is at home and where it helps, as far as it says so. */
  links?: { home?: string; support?: string }
  brand?: MailBrand
  to: string
  /** When it was caused, in ms since 1970: its date. */
  at: number
  mail: CodeMail | NoticeMail | MessageMail
}

/** How a community's mails look, as far as it says so. */
export interface MailBrand {
  fromName?: string | undefined
  fromAddress?: string | undefined
  /** `#rrggbb` */
  color?: string | undefined
  /** A `data:` URL: nothing is loaded from anywhere. */
  logo?: string | undefined
  /** BCP 47 */
  language?: string | undefined
}

export const codeTemplates = [
  'confirm-email',
  'update-email',
  'reset-password',
  'delete-account',
  'plc-operation',
  'sign-in-code',
] as const

export type CodeTemplate = (typeof codeTemplates)[number]

/** A code, which is of no use after a while: then the mail is not sent any more. */
export interface CodeMail {
  template: CodeTemplate
  handle: string
  code: string
  /** ms since 1970 */
  expiresAt: number
  /** From when it was asked for until it expires. */
  validMinutes: number
  /** Who has asked for it, where the mail says so. */
  asked?: AskedBy | undefined
}

export interface AskedBy {
  did: string
  /** Of the program, as it calls itself; of the network. */
  device: string
  address: string
}

/** What is said after something was done, and the values that it is said with. */
export const noticeValues = {
  'email-changed': [],
  'password-changed': [],
  'new-sign-in': ['device', 'address', 'kind'],
  'app-password-created': ['name'],
  'second-factor-on': ['factor'],
  'second-factor-off': ['factor'],
  'recovery-codes-renewed': [],
  'second-factors-reset': [],
  'plc-signed': ['changes'],
  'deletion-done': [],
  suspended: ['until'],
  'suspension-over': [],
  invite: ['code', 'url'],
  test: [],
} as const satisfies Record<string, readonly string[]>

export type NoticeTemplate = keyof typeof noticeValues

export const noticeTemplates = Object.keys(noticeValues) as NoticeTemplate[]

export interface NoticeMail {
  template: NoticeTemplate
  /** Of whom it is about; who has no account yet has none. */
  handle?: string | undefined
  values: Readonly<Record<string, string>>
}

/** What a moderator writes to a member, in HTML. It comes from the moderators' address. */
export interface MessageMail {
  template: 'message'
  subject: string
  html: string
}

/** Owned by services/email. The row's id becomes the Message-ID: a second delivery is recognizably the same mail. */
export const sendMail = defineJob<SendMail>({ queue: 'mail', name: 'send-mail', parse: parseSendMail })

/** Codes are waited for: they go before anything else that is due. */
export const codePriority = 10

function parseSendMail(payload: unknown, enqueuedAt?: Date): SendMail {
  const { communityId, serviceName, links = {}, brand = {}, to, mail, ...rest } = payload as SendMail
  const at = rest.at ?? enqueuedAt?.getTime()
  if (typeof communityId !== 'number') throw new TypeError('communityId is a number')
  if (typeof at !== 'number') throw new TypeError('at is a number')
  assertTexts(serviceName, to)
  return { communityId, serviceName, links, brand, to, at, mail: readMail(mail, at) }
}

/** What an older version did not write is said as well as it can be, and the same at each try. */
function readMail(mail: SendMail['mail'], at: number): SendMail['mail'] {
  const isCode = codeTemplates.includes(mail?.template as CodeTemplate)
  const whole = isCode ? wholeCode(mail as CodeMail, at) : mail
  assertMail(whole)
  return whole
}

function wholeCode(mail: CodeMail, at: number): CodeMail {
  const validMinutes = mail.validMinutes ?? Math.max(1, Math.round((mail.expiresAt - at) / 60_000))
  return { ...mail, validMinutes }
}

function assertMail(mail: SendMail['mail']): void {
  if (isNotice(mail)) assertTexts(...noticeValues[mail.template].map((name) => mail.values[name]))
  else if (mail?.template === 'message') assertTexts(mail.subject, mail.html)
  else if (codeTemplates.includes(mail?.template)) {
    assertTexts(mail.handle, mail.code)
    if (mail.asked !== undefined) assertTexts(mail.asked.did, mail.asked.device, mail.asked.address)
    if (typeof mail.expiresAt !== 'number') throw new TypeError('mail.expiresAt is a number')
    if (typeof mail.validMinutes !== 'number') throw new TypeError('mail.validMinutes is a number')
  } else throw new TypeError('mail.template is unknown')
}

export function isNotice(mail: SendMail['mail']): mail is NoticeMail {
  return mail !== undefined && Object.hasOwn(noticeValues, mail.template)
}

function assertTexts(...texts: unknown[]): void {
  for (const text of texts) {
    if (typeof text !== 'string' || text === '') throw new TypeError('a text is missing')
  }
}
