import { AtpAgent, ComAtprotoServerCreateSession } from '@atproto/api'
import { totpCode, totpStep } from '@heronry/accounts/totp'
import { base32Bytes } from '@heronry/testing/base32'
import { type SmtpSink, startSmtpSink } from '@heronry/testing/smtp-sink'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { administrator, heronry } from './heronry-command.ts'
import type { House } from './house.ts'
import { oneProcess } from './house-kinds.ts'
import { type Person, signUp } from './person.ts'

let house: House
let mailbox: SmtpSink
const opened = new AsyncDisposableStack()

beforeAll(async () => {
  mailbox = opened.use(await startSmtpSink())
  const env = { PDS_EMAIL_SMTP_URL: mailbox.url, PDS_EMAIL_FROM_ADDRESS: 'house@herons.example' }
  house = opened.use(await oneProcess.start({ env }))
})
afterAll(() => opened.disposeAsync())

test('the official client switches codes by mail on and off, and signs in with one', async () => {
  const person = await signUp(house.url)
  const { agent, did, email, password } = person
  const { server } = agent.com.atproto
  await server.requestEmailConfirmation()
  await server.confirmEmail({ email, token: await code(person, 'Email Confirmation') })
  await server.updateEmail({ email, emailAuthFactor: true })
  await resume(agent)
  expect(agent.session).toMatchObject({ emailConfirmed: true, emailAuthFactor: true })

  const phone = new AtpAgent({ service: house.url })
  const login = (authFactorToken: string) => phone.login({ identifier: email, password, authFactorToken })
  // As the official app asks at first.
  await expect(login('')).rejects.toBeInstanceOf(ComAtprotoServerCreateSession.AuthFactorTokenRequiredError)
  const token = await code(person, 'Sign-in Code')
  await expect(login('AAAAA-AAAAA')).rejects.toThrow('Token is invalid')
  await login(token)
  expect(phone.session).toMatchObject({ did, emailAuthFactor: true })
  await expect(login(token)).rejects.toThrow('Token is invalid')

  expect((await server.requestEmailUpdate()).data).toEqual({ tokenRequired: true })
  const off = { email, emailAuthFactor: false, token: await code(person, 'Email Update Requested') }
  await server.updateEmail(off)
  await resume(agent)
  expect(agent.session).toMatchObject({ emailConfirmed: true, emailAuthFactor: false })
  await login('')
})

test('the official client signs in with an app’s code and a recovery code, until support takes them away', async () => {
  const person = await signUp(house.url)
  const { agent, did, email, password } = person
  const { secret } = await own(agent, 'beginTotp', { password })
  const { codes } = await own(agent, 'confirmTotp', { code: codeOf(secret, 0) })
  const phone = new AtpAgent({ service: house.url })
  const login = (authFactorToken?: string) =>
    phone.login({ identifier: email, password, ...(authFactorToken && { authFactorToken }) })
  await expect(login()).rejects.toBeInstanceOf(ComAtprotoServerCreateSession.AuthFactorTokenRequiredError)
  // One of now was taken to confirm the app; a phone that goes half a minute fast shows the next.
  const next = codeOf(secret, 1)
  await login(next)
  await expect(login(next)).rejects.toThrow('Token is invalid')
  await login(codes[0])
  await expect(login(codes[0])).rejects.toThrow('Token is invalid')

  const { data } = await agent.com.atproto.server.createAppPassword({ name: 'old client' })
  await new AtpAgent({ service: house.url }).login({ identifier: email, password: data.password })

  const reset = ['account', 'reset-second-factor', did, '--json']
  const env = { env: administrator(house) }
  expect((await heronry(reset, env)).code).toBe(2)
  const done = await heronry([...reset, '--reason', 'a lost phone'], env)
  expect(JSON.parse(done.stdout)).toEqual({ did, email: false, totp: true, recoveryCodesLeft: 9 })
  const told = () =>
    mailbox.mails.filter(({ recipients }) => recipients.includes(email)).map(({ subject }) => subject)
  await vi.waitUntil(() => told().includes('Second Factors Removed'), { timeout: 10_000, interval: 20 })
  await login()
  expect((await heronry(['audit', 'list', '--subject', did], env)).stdout).toMatch(
    /resetSecondFactors .* done +a lost phone$/m,
  )
})

/** As the official app takes notice of what it has changed. */
async function resume(agent: AtpAgent): Promise<void> {
  const { session } = agent
  if (session === undefined) throw new Error('no session')
  await agent.resumeSession(session)
}

async function own(agent: AtpAgent, method: string, input: object) {
  const answer = await fetch(`${house.url}/xrpc/host.heronry.account.${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${agent.session?.accessJwt}` },
    body: JSON.stringify(input),
  })
  if (answer.status !== 200) throw new Error(await answer.text())
  // biome-ignore lint/suspicious/noExplicitAny: what comes over the wire is looked at, not typed
  return (await answer.json()) as any
}

function codeOf(secret: string, steps: number): string {
  return totpCode(base32Bytes(secret), totpStep(Date.now()) + BigInt(steps))
}

/** The code in the last mail of that subject, once it is there. */
async function code({ email }: Person, subject: string): Promise<string> {
  const mail = () => mailbox.mails.findLast((it) => it.subject === subject && it.recipients.includes(email))
  await expect.poll(mail, { timeout: 10_000 }).toBeDefined()
  return /^ {4}(\S+)$/m.exec(mail()?.text ?? '')?.[1] ?? ''
}
