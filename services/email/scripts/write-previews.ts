/**
 * Pictures of every mail in two brands, into docs/mail: `npm run mail:previews`, where a Chromium is on the PATH. Their texts are written by
 * the test that holds them (`vitest run -u`); pictures.json says of what the pictures are, and a test holds that they are of the mails as they are.
 */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { renderMail } from '../src/render-mail.ts'
import { mailTemplates, sampleMail } from '../src/sample-mail.ts'
import { brands } from './brands.ts'
import { pictureDigest } from './picture-digest.ts'

const target = join(import.meta.dirname, '../../../docs/mail')
const digests: Record<string, string> = {}
const work = await mkdtemp(join(tmpdir(), 'heronry-mail-'))
try {
  for (const [name, brand] of Object.entries(brands)) {
    await mkdir(join(target, name), { recursive: true })
    for (const template of mailTemplates) {
      const { html } = renderMail(sampleMail(template, brand))
      const page = join(work, `${name}-${template}.html`)
      await writeFile(page, brand.logo ? html.replace('cid:logo', brand.logo) : html)
      await picture(page, join(target, name, `${template}.png`))
      digests[`${name}/${template}`] = pictureDigest(html)
      process.stdout.write(`${name}/${template}.png\n`)
    }
  }
  await writeFile(join(target, 'pictures.json'), `${JSON.stringify(digests, null, 2)}\n`)
} finally {
  await rm(work, { recursive: true, force: true })
}

async function picture(page: string, file: string): Promise<void> {
  const headless = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--hide-scrollbars',
    '--disable-dev-shm-usage',
  ]
  const shot = ['--window-size=640,640', `--user-data-dir=${join(work, 'profile')}`, `--screenshot=${file}`]
  await promisify(execFile)('chromium', [...headless, ...shot, `file://${page}`], { timeout: 60_000 })
}
