/**
 * Pictures of every page that a member meets in a browser, by day, by night and on a phone, into docs/pages: `npm run pages:previews`, where a Chromium and
 * the database of tests are.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { startBrowserHouse } from './browser-house.ts'
import { startChromium, visitor } from './chromium.ts'
import { newcomer, openConfirmed, signInTo, signUpOn } from './sign-up-in.ts'
import { startTestApp, type TestApp } from './test-app.ts'

const target = join(import.meta.dirname, '../../../docs/pages')

const looks = {
  light: { colorScheme: 'light', viewport: { width: 1024, height: 700 } },
  dark: { colorScheme: 'dark', viewport: { width: 1024, height: 700 } },
  narrow: { colorScheme: 'light', viewport: { width: 375, height: 667 } },
} as const

await using house = await startBrowserHouse()
await using app = await startTestApp({ plcUrl: house.plcUrl })
const browser = await startChromium()
try {
  for (const look of Object.keys(looks) as (keyof typeof looks)[]) {
    await pictures(browser, { look, community: 'herons', origin: house.herons, app })
  }
  await pictures(browser, { look: 'light', community: 'storks', origin: house.storks, app })
} finally {
  await browser.close()
}

interface Album {
  readonly look: keyof typeof looks
  readonly community: 'herons' | 'storks'
  readonly origin: string
  readonly app: TestApp
}

async function pictures(browser: Browser, { look, community, origin, app }: Album): Promise<void> {
  await using one = await visitor(browser, looks[look])
  const { page } = one
  const folder = join(target, community, look)
  await mkdir(folder, { recursive: true })
  const shot = async (name: string) => {
    await page.waitForLoadState('networkidle')
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true, animations: 'disabled' })
    process.stdout.write(`${community}/${look}/${name}.png\n`)
  }
  const somebody = newcomer()
  await page.goto(await app.signInAt(origin))
  await page.getByRole('button', { name: 'Create a new account' }).waitFor()
  await shot('welcome')
  await signUpOn(page, somebody)
  await shot('consent')
  await page.getByRole('button', { name: 'Authorize' }).click()
  await app.userIsBack()
  await page.goto(`${origin}/account/sign-in`)
  await page.getByRole('textbox', { name: 'Password' }).waitFor()
  await shot('sign-in')
  await page.goto(`${origin}/account/security`)
  await shot('sign-in-first')
  await page.goto(`${origin}/account/passkey`)
  await shot('sign-in-with-a-passkey')
  await signInTo(origin, page, somebody)
  await shot('account')
  for (const path of ['manage', 'devices', 'apps']) {
    await page.goto(`${page.url().replace(/\/(manage|devices|apps)$/, '')}/${path}`)
    await page.getByRole('heading', { level: 2 }).first().waitFor()
    await shot(`account-${path}`)
  }
  await ownPages(page, { origin, password: somebody.password, shot })
}

interface OwnPages {
  readonly origin: string
  readonly password: string
  readonly shot: (name: string) => Promise<void>
}

async function ownPages(page: Page, { origin, password, shot }: OwnPages): Promise<void> {
  await page.goto(`${origin}/account/security`)
  await shot('security')
  const base = page.url()
  await page.goto(`${base}/confirm`)
  await shot('confirm')
  await openConfirmed(origin, page, { section: 'App passwords', password })
  await page.getByLabel(/^Name/).fill('my reader')
  await page.getByRole('button', { name: 'Add' }).click()
  await shot('app-password-added')
  for (const path of ['app-passwords', 'passkeys', 'recovery-keys', 'invites', 'export', 'two-factor']) {
    await page.goto(`${base}/${path}`)
    await shot(path)
  }
  await page.getByRole('button', { name: 'Add an authenticator app' }).click()
  await shot('authenticator-app')
}
