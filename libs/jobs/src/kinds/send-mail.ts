import type { CommunityId } from '@heronry/core/ids'
import { defineJob } from '../define-job.ts'

/** A mail to one person. */
export interface SendMail {
  communityId: CommunityId
  /** The community's name as members know it: it stands in subject, text and sender. */
  serviceName: string
  /** Where the community is at home and where it helps, as far as it says so. */
  links?: { home?: string; support?: string }
  to: string
  mail: CodeMail | NoticeMail | MessageMail
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
}

/** What is said after something was done, and the values that it is said with. */
const noticeValues = {
  'second-factors-reset': [],
} as const satisfies Record<string, readonly string[]>

export type NoticeTemplate = keyof typeof noticeValues

export interface NoticeMail {
  template: NoticeTemplate
  /** Of whom it is about. */
  handle: string
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

function parseSendMail(payload: unknown): SendMail {
  const { communityId, serviceName, links = {}, to, mail } = payload as SendMail
  if (typeof communityId !== 'number') throw new TypeError('communityId is a number')
  const head = { communityId, serviceName, links, to }
  assertTexts(serviceName, to)
  if (mail?.template === 'message') {
    assertTexts(mail.subject, mail.html)
    return { ...head, mail }
  }
  if (isNotice(mail)) {
    assertTexts(mail.handle)
    return { ...head, mail }
  }
  if (!codeTemplates.includes(mail?.template)) throw new TypeError('mail.template is unknown')
  assertTexts(mail.handle, mail.code)
  if (typeof mail.expiresAt !== 'number') throw new TypeError('mail.expiresAt is a number')
  if (typeof mail.validMinutes !== 'number') throw new TypeError('mail.validMinutes is a number')
  return { ...head, mail }
}

function isNotice(mail: SendMail['mail']): mail is NoticeMail {
  return mail !== undefined && Object.hasOwn(noticeValues, mail.template)
}

function assertTexts(...texts: unknown[]): void {
  for (const text of texts) {
    if (typeof text !== 'string' || text === '') throw new TypeError('a text is missing')
  }
}
