import { generateKeyPairSync } from 'node:crypto'
import { testDns } from '@heronry/testing/dns'
import { expect, test } from 'vitest'
import { examineMail, type Patient } from '../src/tasks/doctor.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const dkim = {
  selector: 'h1',
  privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
}
const published = publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
const mail = { smtpUrl: 'smtp://localhost', fromAddress: 'house@Herons.example' }
const config: Patient['config'] = { mail, moderationMail: undefined, dkim }

const good: Record<string, string[]> = {
  'herons.example': ['google-site-verification=x', 'v=spf1 mx -all'],
  'h1._domainkey.herons.example': [`v=DKIM1; k=rsa; p=${published}`],
  '_dmarc.herons.example': ['v=DMARC1; p=quarantine'],
}

async function troubles(
  records: Record<string, string[]>,
  patient: Partial<Patient> = {},
): Promise<string[]> {
  await using dns = await testDns()
  for (const [name, texts] of Object.entries(records)) dns.records.set(name, texts)
  const nameServers = [dns.address]
  const findings = await examineMail({ config, warnings: [], domains: [], nameServers, ...patient })
  return findings.filter(({ ok }) => !ok).map(({ check, says }) => `${check}: ${says}`)
}

test('a domain that has published all it should is well', async () => {
  expect(await troubles(good)).toEqual([])
})

test.each<[string, string[] | undefined, RegExp]>([
  ['herons.example', undefined, /^SPF .*no TXT record/],
  ['herons.example', ['v=spf1 mx -all', 'v=spf1 -all'], /^SPF .*two records/],
  ['herons.example', ['v=spf1 +all'], /^SPF .*lets anybody/],
  ['herons.example', ['v=spf1 mx all'], /^SPF .*lets anybody/],
  ['h1._domainkey.herons.example', undefined, /^DKIM .*should be: v=DKIM1; k=rsa; p=MII/],
  ['h1._domainkey.herons.example', ['v=DKIM1; k=rsa; p='], /^DKIM .*revoked/],
  ['h1._domainkey.herons.example', ['v=DKIM1; p=MIIx'], /^DKIM .*another key/],
  ['_dmarc.herons.example', undefined, /^DMARC .*must be one/],
  ['_dmarc.herons.example', ['v=DMARC1; rua=mailto:a@b.example'], /^DMARC .*no policy/],
])('%s as %j is told as trouble', async (name, texts, told) => {
  const { [name]: _, ...others } = good
  const found = await troubles(texts ? { ...others, [name]: texts } : others)
  expect(found).toHaveLength(1)
  expect(found[0]).toMatch(told)
})

test('the domains of communities are looked at as well, and what is wrong with the SMTP URL is told', async () => {
  const warnings = ['PDS_EMAIL_SMTP_URL: an @ in the user or the password is written %40', 'another matter']
  const found = await troubles(good, { warnings, domains: ['Storks.example'] })
  expect(found.map((it) => it.split(':')[0])).toEqual([
    'SMTP URL',
    'SPF of storks.example',
    'DKIM of storks.example',
    'DMARC of storks.example',
  ])
  const none = await troubles({}, { config: { mail: undefined, moderationMail: undefined, dkim: undefined } })
  expect(none).toEqual(['sender: PDS_EMAIL_SMTP_URL is not set: no mail is sent'])
})
