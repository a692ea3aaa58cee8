import { generateKeyPairSync } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { contrast, contrastMin } from '@heronry/communities/contrast'
import { testDatabase } from '@heronry/testing/postgres'
import { startSmtpSink } from '@heronry/testing/smtp-sink'
import { expect, test } from 'vitest'
import { brands } from '../scripts/brands.ts'
import { pictureDigest } from '../scripts/picture-digest.ts'
import { createEmailContext } from '../src/context.ts'
import { deliver } from '../src/deliver.ts'
import { english } from '../src/languages/en.ts'
import { catalogOf } from '../src/languages.ts'
import { brandColors, palette } from '../src/mail-colors.ts'
import { renderMail } from '../src/render-mail.ts'
import { mailTemplates, sampleMail } from '../src/sample-mail.ts'
import { isSignedBy } from './dkim-signature.ts'

const everyMail = mailTemplates.flatMap((template) =>
  Object.keys(brands).map((brand) => [template, brand] as const),
)

test.each(everyMail)('%s of %s reads as it did', async (template, brand) => {
  const { subject, text } = renderMail(sampleMail(template, brands[brand] ?? {}))
  await expect(`Subject: ${subject}\n\n${text}`).toMatchFileSnapshot(
    `../../../docs/mail/${brand}/${template}.txt`,
  )
})

test.each(everyMail)('%s of %s says the same in HTML, and loads nothing', (template, brand) => {
  const { text, html } = renderMail(sampleMail(template, brands[brand] ?? {}))
  const words = plain(html)
  for (const line of text.split('\n').filter((it) => it.trim() !== '' && it !== '--')) {
    expect(words).toContain(line.trim())
  }
  for (const all of [text, html]) expect(all).not.toMatch(/\{\{|undefined|\[object/)
  expect(html).not.toMatch(/<(script|link|style|iframe|form)\b|@import|url\(/i)
  for (const [, source] of html.matchAll(/\bsrc="([^"]*)"/g)) expect(source).toBe('cid:logo')
})

test.each(everyMail)('%s of %s has contrast wherever there is text', (template, brand) => {
  const { html } = renderMail(sampleMail(template, brands[brand] ?? {}))
  const pairs = [...textColors(html)]
  expect(pairs.length).toBeGreaterThan(2)
  for (const { color, on } of pairs) expect(contrast(color, on)).toBeGreaterThanOrEqual(contrastMin)
})

test('every mail has its picture in both brands, made of what it is now (npm run mail:previews)', async () => {
  const folder = join(import.meta.dirname, '../../../docs/mail')
  const digests = Object.fromEntries(
    everyMail.map(([template, brand]) => {
      const { html } = renderMail(sampleMail(template, brands[brand] ?? {}))
      return [`${brand}/${template}`, pictureDigest(html)]
    }),
  )
  expect(JSON.parse(await readFile(join(folder, 'pictures.json'), 'utf8'))).toEqual(digests)
  for (const name of Object.keys(digests)) {
    const picture = await readFile(join(folder, `${name}.png`))
    expect([picture.toString('latin1', 1, 4), picture.readUInt32BE(16)]).toEqual(['PNG', 640])
  }
})

test('a community may have any colour: what stands on it and what is written in it can be read', () => {
  for (const { band, onBand, link } of everyColor()) {
    expect(contrast(onBand, band)).toBeGreaterThanOrEqual(contrastMin)
    expect(contrast(link, palette.paper)).toBeGreaterThanOrEqual(contrastMin)
  }
  expect(contrast('#000000', '#ffffff')).toBe(21)
  expect(contrast('#767676', '#ffffff')).toBeCloseTo(4.54, 2)
})

test('what a member or a community calls itself is text, never HTML', () => {
  const mail = sampleMail('app-password-created', { name: '<b>Herons</b> & {{code}}' })
  const { html, subject } = renderMail(mail)
  expect(html).toContain('&lt;b&gt;Herons&lt;/b&gt; &amp; {{code}}')
  expect(html).toContain('my phone &lt;old&gt;')
  expect(html).not.toMatch(/<b>|<old>/)
  expect(subject).toBe('App Password Created')
})

test('a language that has texts is spoken, by its tag or the first part of it; another is English', () => {
  const known = new Map([
    ['en', english],
    ['pt', { ...english, greeting: 'Olá @{{handle}},' }],
  ])
  expect(catalogOf('pt-BR', known)).toMatchObject({
    language: 'pt',
    catalog: { greeting: 'Olá @{{handle}},' },
  })
  expect(catalogOf('PT', known).language).toBe('pt')
  expect(catalogOf('de', known)).toEqual({ language: 'en', catalog: english })
  expect(catalogOf()).toEqual({ language: 'en', catalog: english })
})

test('a community has its own sender, its logo comes with the mail, and where there is a key the mail is signed, each time alike', async () => {
  await using sink = await startSmtpSink()
  await using database = await testDatabase()
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  using context = createEmailContext({
    db: database.as('heronry_email'),
    mail: { smtpUrl: sink.url, fromAddress: 'house@example.com' },
    dkim: { selector: 'h1', privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string },
  })
  const mail = sampleMail('confirm-email', {
    ...brands['storks'],
    fromName: 'The Storks',
    fromAddress: 'post@storks.example',
  })
  await deliver(context, { id: 7n, mail, now: mail.at })
  await deliver(context, { id: 7n, mail, now: mail.at })
  const [first, second] = sink.mails
  expect(first).toMatchObject({
    from: { name: 'The Storks', address: 'post@storks.example' },
    messageId: '<heronry-7@storks.example>',
    date: '2026-01-31T12:00:00.000Z',
    attachments: [{ contentId: '<logo>', mimeType: 'image/png' }],
  })
  expect(first?.headers.find(({ key }) => key === 'dkim-signature')?.value).toMatch(
    /d=storks\.example.*s=h1|s=h1.*d=storks\.example/s,
  )
  expect(isSignedBy(publicKey, first?.bytes.toString('latin1') ?? '')).toBe(true)
  const forged = first?.bytes.toString('latin1').replace('ABCDE', 'ABCDX') ?? ''
  expect(isSignedBy(publicKey, forged)).toBe(false)
  expect(second?.bytes.equals(first?.bytes ?? Buffer.alloc(0))).toBe(true)
})

function plain(html: string): string {
  const text = html.replace(/^.*<body[^>]*>/s, '').replaceAll(/<[^>]*>/g, '')
  const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"' }
  return text.replaceAll(/&(?:#x([0-9A-F]+)|(\w+));/gi, (_, code, name) =>
    code ? String.fromCodePoint(Number.parseInt(code, 16)) : (named[name] ?? name),
  )
}

/** Each colour of text that is set, with the nearest background that is. */
function* textColors(html: string): Iterable<{ color: string; on: string }> {
  const around: { color: string; on: string }[] = [{ color: '', on: '' }]
  for (const [, end, name = '', attributes = ''] of html.matchAll(/<(\/?)([a-z0-9]+)([^>]*)>/g)) {
    if (['meta', 'br', 'img', 'html'].includes(name)) continue
    if (end) around.pop()
    else {
      const before = around.at(-1) ?? { color: '', on: '' }
      const color = /[^-]color: (#[0-9a-f]{6})/.exec(attributes)?.[1] ?? before.color
      const on = /background: (#[0-9a-f]{6})/.exec(attributes)?.[1] ?? before.on
      around.push({ color, on })
      if (color && on) yield { color, on }
    }
  }
}

function* everyColor() {
  const parts = ['00', '33', '55', '66', '77', '88', '99', 'bb', 'dd', 'ff']
  for (const red of parts) {
    for (const green of parts) for (const blue of parts) yield brandColors(`#${red}${green}${blue}`)
  }
}
