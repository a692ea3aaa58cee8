import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { type CodeTemplate, codeTemplates, type SendMail } from '@heronry/jobs/kinds/send-mail'
import { PermanentFailure } from '@heronry/jobs/permanent-failure'
import { Metrics } from '@heronry/telemetry/metrics'
import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { startSmtpSink } from '@heronry/testing/smtp-sink'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEmailContext } from '../src/context.ts'
import { deliver } from '../src/deliver.ts'

const expiresAt = Date.parse('2100-01-01T12:15:00Z')

const mail: SendMail = {
  communityId: 1 as CommunityId,
  serviceName: 'Herons & <Friends>',
  to: 'grey@example.com',
  at: Date.parse('2099-12-31T12:00:00Z'),
  mail: codeMail('confirm-email'),
}

function codeMail(template: CodeTemplate) {
  return { template, handle: 'grey.herons.example', code: 'ABCDE-FGHIJ', expiresAt, validMinutes: 15 }
}

let database: TestDatabase
let db: Database
beforeAll(async () => {
  database = await testDatabase()
  db = database.as('heronry_email')
})
afterAll(() => database[Symbol.asyncDispose]())

test('a mail arrives in text and HTML, escaped, from the community, marked as automatic', async () => {
  await using sink = await startSmtpSink()
  const context = createEmailContext({
    db,
    mail: { smtpUrl: sink.url, fromAddress: 'house@example.com' },
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
  using context = createEmailContext({ db, mail: outgoing })
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
  using context = createEmailContext({ db, mail: outgoing })
  const failed = await deliver(context, {
    id: 7n,
    mail: { ...mail, to: `gone-${status}@example.com` },
  }).catch((error: unknown) => error)
  expect(failed).toBeInstanceOf(kind)
  expect(failed instanceof PermanentFailure).toBe(kind === PermanentFailure)
  expect(String(failed)).toContain(String(status))
  expect(String(failed)).not.toContain('gone-')
})

test('a server that is not there is worth another try', async () => {
  const outgoing = { smtpUrl: 'smtp://127.0.0.1:1', fromAddress: 'house@example.com' }
  using context = createEmailContext({ db, mail: outgoing })
  const failed = await deliver(context, { id: 7n, mail }).catch((error: unknown) => error)
  expect(failed).toBeInstanceOf(Error)
  expect(failed).not.toBeInstanceOf(PermanentFailure)
})

test('without an SMTP server a mail fails for good, and can be tried again by hand', async () => {
  using context = createEmailContext({ db, mail: undefined })
  const failed = await deliver(context, { id: 7n, mail }).catch((error: unknown) => error)
  expect(failed).toBeInstanceOf(PermanentFailure)
  expect(String(failed)).toContain('No SMTP server is configured')
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
    using context = createEmailContext({ db, mail: outgoing })
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

test('a code that has expired is not sent any more, and that is said once', async () => {
  await using sink = await startSmtpSink()
  const outgoing = { smtpUrl: sink.url, fromAddress: 'house@example.com' }
  const metrics = new Metrics({ service: 'email', version: '1' })
  using context = createEmailContext({ db, mail: outgoing, metrics })
  const failed = await deliver(context, { id: 7n, mail, now: expiresAt }).catch((error: unknown) => error)
  expect(failed).toBeInstanceOf(PermanentFailure)
  expect(String(failed)).toContain('The code has expired')
  expect(sink.mails).toEqual([])
  expect(await metrics.text()).toContain('pds_mail_failures_total{class="expired"} 1')
  await deliver(context, { id: 8n, mail, now: expiresAt - 1 })
  expect(sink.mails).toHaveLength(1)
})

test('what a moderator writes comes from the moderators, in HTML and text, through their server', async () => {
  await using sink = await startSmtpSink()
  await using moderators = await startSmtpSink()
  using context = createEmailContext({
    db,
    mail: { smtpUrl: sink.url, fromAddress: 'house@example.com' },
    moderationMail: { smtpUrl: moderators.url, fromAddress: 'moderators@example.com' },
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

test('a moderator whose house has no server for it is told so, and the code server is not asked', async () => {
  await using sink = await startSmtpSink()
  const outgoing = { smtpUrl: sink.url, fromAddress: 'house@example.com' }
  using context = createEmailContext({ db, mail: outgoing })
  const message = { template: 'message' as const, subject: 'A word', html: '<p>x</p>' }
  const failed = deliver(context, { id: 7n, mail: { ...mail, mail: message } })
  await expect(failed).rejects.toThrow('No SMTP server is configured for such mail')
  expect(sink.asked).toEqual([])
})
