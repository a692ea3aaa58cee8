import { AtpAgent } from '@atproto/api'
import { type SmtpSink, startSmtpSink } from '@heronry/testing/smtp-sink'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { House } from './house.ts'
import { oneProcess } from './house-kinds.ts'
import { type Person, signUp } from './person.ts'

let house: House
let members: SmtpSink
let moderators: SmtpSink
const opened = new AsyncDisposableStack()

beforeAll(async () => {
  members = opened.use(await startSmtpSink())
  moderators = opened.use(await startSmtpSink())
  house = opened.use(
    await oneProcess.start({
      env: {
        PDS_SERVICE_NAME: 'The Heronry',
        PDS_HOME_URL: 'https://herons.example',
        PDS_EMAIL_SMTP_URL: members.url,
        PDS_EMAIL_FROM_ADDRESS: 'house@herons.example',
        PDS_MODERATION_EMAIL_SMTP_URL: moderators.url,
        PDS_MODERATION_EMAIL_ADDRESS: 'moderators@herons.example',
      },
    }),
  )
})
afterAll(() => opened.disposeAsync())

test('the codes that a member types are those of his mails: confirmation, change, reset, deletion, PLC', async () => {
  const person = await signUp(house.url)
  const { agent, email } = person
  const { server, identity } = agent.com.atproto

  await server.requestEmailConfirmation()
  await server.confirmEmail({ email, token: await code(person, 'Email Confirmation') })
  expect((await server.getSession()).data.emailConfirmed).toBe(true)

  expect((await server.requestEmailUpdate()).data).toEqual({ tokenRequired: true })
  const moved = { ...person, email: `new-${email}` }
  await server.updateEmail({ email: moved.email, token: await code(person, 'Email Update Requested') })
  await server.confirmEmail({ email: moved.email, token: await code(moved, 'Email Confirmation') })
  expect((await server.getSession()).data).toMatchObject({ email: moved.email, emailConfirmed: true })

  await server.requestAccountDelete()
  expect(await code(moved, 'Account Deletion Requested')).toMatch(codePattern)
  await identity.requestPlcOperationSignature()
  expect(await code(moved, 'PLC Update Operation Requested')).toMatch(codePattern)

  const stranger = new AtpAgent({ service: house.url })
  for (const address of ['nobody@example.com', moved.email]) {
    await stranger.com.atproto.server.requestPasswordReset({ email: address })
  }
  const token = await code(moved, 'Password Reset Requested')
  await stranger.com.atproto.server.resetPassword({ token, password: 'another one' })
  await expect(server.getSession()).rejects.toThrow()
  await stranger.login({ identifier: moved.email, password: 'another one' })
  expect(members.mails.flatMap(({ recipients }) => recipients)).not.toContain('nobody@example.com')
})

test('a moderator writes to a member from his own address', async () => {
  const { did, email } = await signUp(house.url)
  const answer = await fetch(`${house.url}/xrpc/com.atproto.admin.sendEmail`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Basic ${Buffer.from(`admin:${house.adminPassword}`).toString('base64')}`,
    },
    body: JSON.stringify({ recipientDid: did, senderDid: did, subject: 'A word', content: '<p>Hello</p>' }),
  })
  expect(await answer.json()).toEqual({ sent: true })
  await moderators.waitForRecipients([email], 10_000)
  expect(moderators.mails).toMatchObject([
    {
      subject: 'A word',
      from: { name: 'The Heronry', address: 'moderators@herons.example' },
      text: expect.stringMatching(/^Hello\s*$/),
    },
  ])
})

const codePattern = /^[A-Z2-7]{5}-[A-Z2-7]{5}$/

/** The code in the last mail of that subject, once it is there. */
async function code({ email, handle }: Person, subject: string): Promise<string> {
  const mail = () => members.mails.findLast((it) => it.subject === subject && it.recipients.includes(email))
  await expect.poll(mail, { timeout: 10_000 }).toBeDefined()
  const { text = '', from } = mail() ?? {}
  expect(from).toMatchObject({ name: 'The Heronry', address: 'house@herons.example' })
  expect(text).toContain(`Hello @${handle},`)
  expect(text).toContain('https://herons.example')
  return /^ {4}(\S+)$/m.exec(text)?.[1] ?? ''
}
