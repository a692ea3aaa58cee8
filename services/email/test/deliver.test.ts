import type { CommunityId } from '@heronry/core/ids'
import type { SendMail } from '@heronry/jobs/kinds/send-mail'
import { PermanentFailure } from '@heronry/jobs/permanent-failure'
import { createLogger } from '@heronry/telemetry/logger'
import { startSmtpSink } from '@heronry/testing/smtp-sink'
import { expect, test } from 'vitest'
import { createEmailContext } from '../src/context.ts'
import { deliver } from '../src/deliver.ts'

const mail: SendMail = {
  communityId: 1 as CommunityId,
  serviceName: 'Herons & <Friends>',
  to: 'grey@example.com',
  mail: { template: 'confirm-email', handle: 'grey.herons.example', code: 'ABCDE-FGHIJ' },
}

function logged() {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  return { lines, logger: createLogger({ service: 'email', level: 'debug', enabled: true, destination }) }
}

test('a mail arrives in text and HTML, escaped, from the community, marked as automatic', async () => {
  await using sink = await startSmtpSink()
  const context = createEmailContext({
    mail: { smtpUrl: sink.url, fromAddress: 'house@example.com' },
    logger: logged().logger,
  })
  using _closing = context
  await deliver(context, { id: 7n, mail })
  const [received] = sink.mails
  expect(received).toMatchObject({
    subject: 'Email Confirmation',
    from: { name: 'Herons & <Friends>', address: 'house@example.com' },
    recipients: ['grey@example.com'],
    messageId: '<heronry-7@example.com>',
  })
  expect(received?.text).toContain('ABCDE-FGHIJ')
  expect(received?.text).toContain('Herons & <Friends>')
  expect(received?.html).toContain('Herons &amp; &lt;Friends&gt;')
  expect(received?.html).not.toMatch(/<img|http/)
  expect(received?.headers).toContainEqual(
    expect.objectContaining({ key: 'auto-submitted', value: 'auto-generated' }),
  )
})

test('the same job sent twice is recognizably the same mail', async () => {
  await using sink = await startSmtpSink()
  const outgoing = { smtpUrl: sink.url, fromAddress: 'house@example.com' }
  using context = createEmailContext({ mail: outgoing, logger: logged().logger })
  await deliver(context, { id: 7n, mail })
  await deliver(context, { id: 7n, mail })
  expect(new Set(sink.mails.map((it) => it.messageId)).size).toBe(1)
})

test.each([
  [550, PermanentFailure],
  [451, Error],
])('an address refused with %i is told without the address', async (status, kind) => {
  await using sink = await startSmtpSink({ refuse: () => status })
  const outgoing = { smtpUrl: sink.url, fromAddress: 'house@example.com' }
  using context = createEmailContext({ mail: outgoing, logger: logged().logger })
  const failed = await deliver(context, { id: 7n, mail }).catch((error: unknown) => error)
  expect(failed).toBeInstanceOf(kind)
  expect(failed instanceof PermanentFailure).toBe(kind === PermanentFailure)
  expect(String(failed)).toContain(String(status))
  expect(String(failed)).not.toContain('grey@example.com')
})

test('a server that is not there is worth another try', async () => {
  const outgoing = { smtpUrl: 'smtp://127.0.0.1:1', fromAddress: 'house@example.com' }
  using context = createEmailContext({ mail: outgoing, logger: logged().logger })
  const failed = await deliver(context, { id: 7n, mail }).catch((error: unknown) => error)
  expect(failed).toBeInstanceOf(Error)
  expect(failed).not.toBeInstanceOf(PermanentFailure)
})

test('without an SMTP server a mail is dropped, and neither address nor code is logged', async () => {
  const { lines, logger } = logged()
  using context = createEmailContext({ mail: undefined, logger })
  await deliver(context, { id: 7n, mail })
  expect(lines.join()).toContain('mail dropped')
  expect(lines.join()).not.toMatch(/grey|ABCDE/)
})
