import type { CommunityId } from '@heronry/core/ids'
import {
  codeTemplates,
  type MailBrand,
  noticeTemplates,
  noticeValues,
  type SendMail,
} from '@heronry/jobs/kinds/send-mail'
import type { MailTemplate } from './mail-words.ts'

export const mailTemplates: readonly MailTemplate[] = [...codeTemplates, ...noticeTemplates]

export interface SampleBrand extends MailBrand {
  readonly name?: string | undefined
  readonly home?: string | undefined
  readonly support?: string | undefined
}

const at = Date.parse('2026-01-31T12:00:00Z')

const values: Record<string, string> = {
  device: 'Firefox, Linux',
  kind: 'password',
  factor: 'app',
  address: '192.0.2.7',
  name: 'my phone <old>',
  changes: '− server: https://herons.example\n+ server: https://storks.example',
  until: '2026-02-07 12:00 UTC',
  code: 'herons-example-abcde-fghij',
  url: 'https://herons.example',
}

/** A mail with made-up values: the same at any time. */
export function sampleMail(template: MailTemplate, { name, home, support, ...brand }: SampleBrand): SendMail {
  const handle = 'grey.herons.example'
  const code = codeTemplates.find((it) => it === template)
  const notice = noticeTemplates.find((it) => it === template) ?? 'test'
  return {
    communityId: 1 as CommunityId,
    serviceName: name ?? 'Herons',
    links: { ...(home && { home }), ...(support && { support }) },
    brand,
    to: 'grey@example.com',
    at,
    mail: code
      ? {
          template: code,
          handle,
          code: 'ABCDE-FGHIJ',
          expiresAt: at + 900_000,
          validMinutes: 15,
          ...asked(code),
        }
      : {
          template: notice,
          ...(notice !== 'invite' && notice !== 'test' && { handle }),
          values: Object.fromEntries(noticeValues[notice].map((name) => [name, values[name] ?? ''])),
        },
  }
}

/** One mail says who has asked for its code. */
function asked(template: MailTemplate) {
  const { device = '', address = '' } = values
  return (
    template === 'plc-operation' && { asked: { did: 'did:plc:yk4dd2qkboz2yv6tpubpc6co', device, address } }
  )
}
