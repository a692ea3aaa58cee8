import type { CommunityId } from '@heronry/core/ids'
import { defineJob } from '../define-job.ts'

/** A mail to one person. Each template has its own variables. */
export interface SendMail {
  communityId: CommunityId
  /** The community's name as members know it: it stands in subject, text and sender. */
  serviceName: string
  to: string
  mail: { template: 'confirm-email'; handle: string; code: string }
}

/** Owned by services/email. The row's id becomes the Message-ID: a second delivery is recognizably the same mail. */
export const sendMail = defineJob<SendMail>({ queue: 'mail', name: 'send-mail', parse: parseSendMail })

function parseSendMail(payload: unknown): SendMail {
  const { communityId, serviceName, to, mail } = payload as SendMail
  if (typeof communityId !== 'number') throw new TypeError('communityId is a number')
  if (mail?.template !== 'confirm-email') throw new TypeError('mail.template is unknown')
  for (const text of [serviceName, to, mail.handle, mail.code]) {
    if (typeof text !== 'string' || text === '') throw new TypeError('a text is missing')
  }
  return { communityId, serviceName, to, mail }
}
