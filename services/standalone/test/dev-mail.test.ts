import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fastify } from 'fastify'
import { createTransport } from 'nodemailer'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startDevMail } from '../src/dev-mail.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heronry-mail-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('captured mail is shown newest first, as text, and is still there after a restart', async () => {
  {
    await using capture = await startDevMail({ folder })
    const transport = createTransport(capture.smtpUrl)
    for (const subject of ['first', '<script>alert(1)</script>']) {
      await transport.sendMail({ from: 'house@localhost', to: 'grey@example.com', subject, text: 'ABCDE' })
    }
  }
  await using capture = await startDevMail({ folder })
  const app = fastify()
  await app.register(capture.routes)
  const mails = (await app.inject('/dev/mail.json')).json()
  expect(mails).toMatchObject([{ to: ['grey@example.com'], text: 'ABCDE\n' }, { subject: 'first' }])
  const page = await app.inject('/dev/mail')
  expect(page.headers['content-security-policy']).toContain("default-src 'none'")
  expect(page.body).toContain('&#60;script&#62;')
  expect(page.body).not.toContain('<script>')
  await app.close()
})

test('an empty folder says that there is no mail', async () => {
  await using capture = await startDevMail({ folder })
  const app = fastify()
  await app.register(capture.routes)
  expect((await app.inject('/dev/mail')).body).toContain('No mail yet')
  await app.close()
})
