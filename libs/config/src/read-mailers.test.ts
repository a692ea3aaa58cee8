import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { mailSettings } from './mail-settings.ts'
import { ConfigError } from './read-config.ts'
import { readMailConfig } from './read-task-config.ts'

const mail = { PDS_EMAIL_SMTP_URL: 'smtp://localhost', PDS_EMAIL_FROM_ADDRESS: 'house@example.com' }
const pem = (type: 'rsa' | 'ed25519') =>
  (type === 'rsa'
    ? generateKeyPairSync('rsa', { modulusLength: 2048 })
    : generateKeyPairSync('ed25519')
  ).privateKey
    .export({ type: 'pkcs8', format: 'pem' })
    .toString()

function problems(environment: Record<string, string>): readonly string[] {
  try {
    readMailConfig(environment)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

test('a key that signs mail may be written in one line, and needs the name of its record', () => {
  const key = pem('rsa')
  const inOneLine = { HERONRY_DKIM_SELECTOR: 'h1', HERONRY_DKIM_KEY: key.trim().replaceAll('\n', '\\n') }
  expect(readMailConfig({ ...mail, ...inOneLine }).config).toEqual({
    mail: { smtpUrl: 'smtp://localhost', fromAddress: 'house@example.com' },
    moderationMail: undefined,
    dkim: { selector: 'h1', privateKey: key.trim() },
  })
  expect(readMailConfig(mail).config.dkim).toBeUndefined()
  expect(problems({ HERONRY_DKIM_KEY: key })).toEqual([
    'HERONRY_DKIM_SELECTOR and HERONRY_DKIM_KEY belong together: set both or neither',
  ])
})

test.each([
  ['a key of another kind', pem('ed25519')],
  ['no key', 'secret-nonsense'],
])('%s is a problem that does not show it', (_, key) => {
  const found = problems({ HERONRY_DKIM_SELECTOR: 'h1', HERONRY_DKIM_KEY: key })
  expect(found).toEqual(['HERONRY_DKIM_KEY must be an RSA private key in PEM'])
})

test('a password that is not percent-encoded is warned of, and the house starts', () => {
  const { config, warnings } = readMailConfig({ ...mail, PDS_EMAIL_SMTP_URL: 'smtp://me:p@ss@localhost' })
  expect(config.mail?.smtpUrl).toBe('smtp://me:p@ss@localhost')
  expect(warnings).toEqual(['PDS_EMAIL_SMTP_URL: an @ in the user or the password is written %40'])
})

test('a community says how its mails look: a colour in full, a logo of up to 32 KiB that comes along', () => {
  const isRead = (settings: object) => mailSettings.safeParse(settings).success
  const logo = (length: number) => `data:image/png;base64,${'A'.repeat(length - 22)}`
  expect(mailSettings.parse({ color: '#FFB000' })).toEqual({ color: '#ffb000' })
  expect(isRead({ color: 'red' })).toBe(false)
  expect(isRead({ color: '#fff;}' })).toBe(false)
  expect(isRead({ logo: logo(32 * 1024) })).toBe(true)
  expect(isRead({ logo: logo(32 * 1024 + 1) })).toBe(false)
  expect(isRead({ logo: 'https://example.com/logo.png' })).toBe(false)
  expect(isRead({ logo: 'data:image/svg+xml;base64,AAAA' })).toBe(false)
  expect([isRead({ language: 'pt-BR' }), isRead({ language: '"><b>' })]).toEqual([true, false])
  expect([isRead({ fromAddress: 'post@storks.example' }), isRead({ fromAddress: 'post' })]).toEqual([
    true,
    false,
  ])
})
