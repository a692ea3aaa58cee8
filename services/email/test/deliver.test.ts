import type { CommunityId } from '@heronry/core/ids'
import { type CodeTemplate, codeTemplates, type SendMail } from '@heronry/jobs/kinds/send-mail'
import { PermanentFailure } from '@heronry/jobs/permanent-failure'
import { createLogger } from '@heronry/telemetry/logger'
import { Metrics } from '@heronry/telemetry/metrics'
import { startSmtpSink } from '@heronry/testing/smtp-sink'
import { expect, test } from 'vitest'
import { createEmailContext } from '../src/context.ts'
import { deliver } from '../src/deliver.ts'

const expiresAt = Date.parse('2100-01-01T12:15:00Z')

const mail: SendMail = {
  communityId: 1 as CommunityId,
  serviceName: 'Herons & <Friends>',
  to: 'grey@example.com',
  mail: codeMail('confirm-email'),
}

function codeMail(template: CodeTemplate) {
  return { template, handle: 'grey.herons.example', code: 'ABCDE-FGHIJ', expiresAt, validMinutes: 15 }
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

const subjects: Record<CodeTemplate, string> = {
  'confirm-email': 'Email Confirmation',
  'update-email': 'Email Update Requested',
  'reset-password': 'Password Reset Requested',
  'delete-account': 'Account Deletion Requested',
  'plc-operation': 'PLC Update Operation Requested',
  'sign-in-code': 'Sign-in Code',
}

test.each(codeTemplates)(
  'a mail %s says whose it is, what the code does, and until when',
  async (template) => {
    await using sink = await startSmtpSink()
    const outgoing = { smtpUrl: sink.url, fromAddress: 'house@example.com' }
    using context = createEmailContext({ mail: outgoing, logger: logged().logger })
    const links = { home: 'https://herons.example', support: 'https://herons.example/help?a=1&b=2' }
    await deliver(context, { id: 7n, mail: { ...mail, links, mail: codeMail(template) } })
    const [received] = sink.mails
    expect(received?.subject).toBe(subjects[template])
    for (const body of [received?.text, received?.html]) {
      expect(body).toContain('Hello @grey.herons.example,')
      expect(body).toContain('ABCDE-FGHIJ')
      expect(body).toContain('for 15 minutes from when it was asked for: until 12:15 UTC')
      expect(body).toContain('https://herons.example')
      expect(body).not.toMatch(/\{\{|undefined/)
    }
    expect(received?.text).toContain('Help: https://herons.example/help?a=1&b=2')
    expect(received?.html).toContain('https://herons.example/help?a&#x3D;1&amp;b&#x3D;2')
  },
)

test('a notice says what was done, to whose account, and what to do', async () => {
  await using sink = await startSmtpSink()
  const outgoing = { smtpUrl: sink.url, fromAddress: 'house@example.com' }
  using context = createEmailContext({ mail: outgoing, logger: logged().logger })
  const notice = { template: 'second-factors-reset', handle: 'grey.herons.example', values: {} } as const
  await deliver(context, { id: 7n, mail: { ...mail, mail: notice } })
  const [received] = sink.mails
  expect(received?.subject).toBe('Second Factors Removed')
  for (const body of [received?.text, received?.html]) {
    expect(body).toContain('Hello @grey.herons.example,')
    expect(body).toContain('your password alone signs in')
    expect(body).not.toMatch(/\{\{|undefined/)
  }
})

test('a code that has expired is not sent any more, and that is said once', async () => {
  await using sink = await startSmtpSink()
  const outgoing = { smtpUrl: sink.url, fromAddress: 'house@example.com' }
  const { lines, logger } = logged()
  const metrics = new Metrics({ service: 'email', version: '1' })
  using context = createEmailContext({ mail: outgoing, logger, metrics })
  await deliver(context, { id: 7n, mail, now: expiresAt })
  expect(sink.mails).toEqual([])
  expect(lines.join()).toContain('the code has expired')
  expect(lines.join()).not.toMatch(/grey|ABCDE/)
  expect(await metrics.text()).toContain('pds_mail_failures_total{class="expired"} 1')
  await deliver(context, { id: 8n, mail, now: expiresAt - 1 })
  expect(sink.mails).toHaveLength(1)
})

test('what a moderator writes comes from the moderators, in HTML and text, through their server', async () => {
  await using sink = await startSmtpSink()
  await using moderators = await startSmtpSink()
  using context = createEmailContext({
    mail: { smtpUrl: sink.url, fromAddress: 'house@example.com' },
    moderationMail: { smtpUrl: moderators.url, fromAddress: 'moderators@example.com' },
    logger: logged().logger,
  })
  const html = '<p>Hello &amp; welcome.</p><p>Read <a href="https://example.com/rules">the rules</a>.</p>'
  await deliver(context, {
    id: 7n,
    mail: { ...mail, mail: { template: 'message', subject: 'A word\nto you', html } },
  })
  expect(sink.mails).toEqual([])
  const [received] = moderators.mails
  expect(received).toMatchObject({
    subject: 'A word to you',
    from: { name: 'Herons & <Friends>', address: 'moderators@example.com' },
    recipients: ['grey@example.com'],
  })
  expect(received?.html?.trim()).toBe(html)
  expect(received?.text?.trim()).toBe('Hello & welcome.\n\nRead the rules (https://example.com/rules).')
})

test('a moderator whose house has no server for it is told by the log, never by the code server', async () => {
  await using sink = await startSmtpSink()
  const { lines, logger } = logged()
  const outgoing = { smtpUrl: sink.url, fromAddress: 'house@example.com' }
  using context = createEmailContext({ mail: outgoing, logger })
  const message = { template: 'message' as const, subject: 'A word', html: '<p>x</p>' }
  await deliver(context, { id: 7n, mail: { ...mail, mail: message } })
  expect(sink.mails).toEqual([])
  expect(lines.join()).toContain('mail dropped')
})
