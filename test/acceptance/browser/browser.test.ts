import { totpCode, totpStep } from '@heronry/accounts/totp'
import { base32Bytes } from '@heronry/testing/base32'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { signUp } from '../person.ts'
import { stumblingBlocks } from './accessibility.ts'
import { startAppInBrowser } from './app-in-browser.ts'
import { type BrowserHouse, startBrowserHouse } from './browser-house.ts'
import { startChromium, tabTo, type Visitor, visitor } from './chromium.ts'
import { type Newcomer, newcomer, openConfirmed, signInTo, signUpOn } from './sign-up-in.ts'
import { startTestApp, type TestApp } from './test-app.ts'

let house: BrowserHouse
let app: TestApp
let browser: Browser
const opened = new AsyncDisposableStack()
beforeAll(async () => {
  house = opened.use(await startBrowserHouse())
  app = opened.use(await startTestApp({ plcUrl: house.plcUrl }))
  browser = await startChromium()
  opened.defer(() => browser.close())
})
afterAll(() => opened.disposeAsync())

const post = { $type: 'app.bsky.feed.post', text: 'krah', createdAt: new Date().toISOString() }

test('somebody signs up on the way into an app, which posts until its access is revoked', async () => {
  await using one = await visitor(browser)
  const { page } = one
  const somebody = newcomer()
  await page.goto(await app.signInAt(house.herons))
  await signUpOn(page, somebody)
  await page.getByRole('button', { name: 'Authorize' }).click()
  const agent = await isBack(page)
  const record = { repo: agent.assertDid, collection: post.$type, record: post }
  const { data } = await agent.com.atproto.repo.createRecord(record)
  expect(data.uri).toContain(agent.assertDid)

  await signInTo(house.herons, page, somebody)
  await page.getByRole('link', { name: /^Apps/ }).first().click()
  await page
    .getByRole('button', { name: 'Details' })
    .or(page.getByRole('link', { name: 'Details' }))
    .click()
  await page.getByRole('button', { name: 'Revoke access' }).click()
  await page.getByText('Successfully revoked access').first().waitFor()
  // The api may know a session for two seconds more.
  await expect
    .poll(() => agent.com.atproto.repo.createRecord(record).then(() => 'in', nameOf), { timeout: 10_000 })
    .not.toBe('in')
  expect(one.complaints).toEqual([])
})

test('an app of the browser alone posts, outlives a reload, refreshes, and is out as soon as it signs out', async () => {
  await using client = await startAppInBrowser({ house: house.herons, plcUrl: house.plcUrl })
  await using one = await visitor(browser)
  const { page } = one
  const somebody = await member()
  const addresses: string[] = []
  page.on('framenavigated', (frame) => addresses.push(frame.url()))
  await page.goto(client.url)
  const isThere = () =>
    page.waitForFunction(() => window.app).then(() => page.evaluate(() => window.app?.did))
  expect(await isThere()).toBeNull()
  await page.evaluate((handle) => window.app?.signIn(handle), somebody.name)
  await page.getByRole('textbox', { name: 'Password' }).fill(somebody.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: 'Authorize' }).click()
  await page.getByRole('heading', { name: 'App' }).waitFor()
  expect(await isThere()).toBe(somebody.did)
  // The code comes behind a #, which no server sees.
  expect(addresses.filter((url) => url.includes('code='))).toEqual([
    expect.stringContaining(`${client.url}#`),
  ])
  const first = await page.evaluate(() => window.app?.post('krah'))
  expect(first?.status).toBe(200)

  await page.reload()
  expect(await isThere()).toBe(somebody.did)
  await page.evaluate(() => window.app?.refresh())
  const second = await page.evaluate(() => window.app?.post('krah krah'))
  expect(second?.status).toBe(200)
  expect(second?.authorization).not.toBe(first?.authorization)
  const answerTo = (token = '') => page.evaluate((it) => window.app?.answerTo(it), token)
  expect(await answerTo(second?.authorization)).toEqual({ status: 200 })
  await page.evaluate(() => window.app?.signOut())
  expect(await answerTo(second?.authorization)).toEqual({ status: 401, error: 'invalid_token' })
  await page.reload()
  expect(await isThere()).toBeNull()
  expect(new Set(client.asked)).toEqual(new Set(['/', '/app.js']))
  expect(one.complaints).toEqual([])
})

test('a passkey is added, and then signs in to an app without a password', async () => {
  await using one = await visitor(browser)
  const { page, context } = one
  const somebody = await member()
  await withAuthenticator(one, page)
  await signInTo(house.herons, page, somebody)
  await openConfirmed(house.herons, page, { section: 'Passkeys', password: somebody.password })
  await page.getByLabel(/^Name/).fill('my laptop')
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.getByText('The passkey was added.').waitFor()

  // As on another day: nobody is signed in on the device, whose authenticator has the key.
  await context.clearCookies()
  const authorize = await app.signInAt(house.herons)
  await page.goto(authorize)
  const link = page.getByRole('link', { name: 'Sign in with a passkey' })
  await link.waitFor()
  // It opens a window of its own; the authenticator is this one's.
  await page.goto((await link.getAttribute('href')) ?? '')
  await page.getByRole('button', { name: 'Use a passkey' }).click()
  await page.waitForURL(/\/oauth\/authorize/)
  await page.getByText(somebody.name).first().click()
  await page.getByRole('button', { name: 'Authorize' }).click()
  expect((await isBack(page)).assertDid).toBe(somebody.did)

  await page.goto(`${house.herons}/account/security`)
  await page.getByRole('navigation').getByRole('link', { name: 'Passkeys' }).click()
  await page.getByText('last used').waitFor()
  expect(one.complaints).toEqual([])
})

test('an authenticator app is switched on, and its code asked for at the next sign-in', async () => {
  await using one = await visitor(browser)
  const { page, context } = one
  const somebody = await member()
  await signInTo(house.herons, page, somebody)
  await openConfirmed(house.herons, page, { section: 'Two-factor sign-in', password: somebody.password })
  await page.getByRole('button', { name: 'Add an authenticator app' }).click()
  await page.getByRole('img', { name: /QR code/ }).waitFor()
  const secret = base32Bytes(((await page.locator('.code').textContent()) ?? '').replaceAll(' ', ''))
  const codeOf = (steps: number) => totpCode(secret, totpStep(Date.now()) + BigInt(steps))
  await page.getByRole('textbox', { name: 'Code' }).fill(codeOf(0) === '000000' ? '111111' : '000000')
  await page.getByRole('button', { name: 'Switch it on' }).click()
  await page.getByText('The code was wrong.').waitFor()
  await page.getByRole('textbox', { name: 'Code' }).fill(codeOf(0))
  await page.getByRole('button', { name: 'Switch it on' }).click()
  await expect.poll(() => page.locator('.codes li').count()).toBe(10)

  await context.clearCookies()
  await page.goto(`${house.herons}/account/security`)
  await page.getByRole('link', { name: 'Sign in' }).click()
  const signIn = async (code: string) => {
    await page.getByLabel('Handle or e-mail address').fill(somebody.email)
    await page.getByLabel('Password').fill(somebody.password)
    await page.getByLabel(/^Code/).fill(code)
    await page.getByRole('button', { name: 'Sign in' }).click()
  }
  await signIn('')
  await page.getByText('A code of your authenticator app, or a recovery code, is needed').waitFor()
  await signIn(codeOf(1))
  await page.getByRole('heading', { name: 'Security', level: 1 }).waitFor()
  expect(one.complaints).toEqual([])
})

test('two communities of one house have each their brand, and their own people', async () => {
  await using one = await visitor(browser)
  const { page } = one
  const look = async (house: string) => {
    await page.goto(`${house}/account/passkey`)
    const button = page.getByRole('button', { name: 'Use a passkey' })
    const color = await button.evaluate((it) => getComputedStyle(it).backgroundColor)
    const logo = await page.getByRole('banner').locator('img').count()
    const brand = (await page.getByRole('banner').getByRole('link').textContent()) ?? ''
    await page.goto(`${house}/account`)
    // The provider's pages have the logo in the place of the name.
    const isThere = logo === 0 ? page.getByText(brand) : page.locator('img[src^="data:image/svg"]')
    await isThere.first().waitFor()
    return { brand, color, logo }
  }
  expect(await look(house.herons)).toEqual({ brand: 'Herons', color: 'rgb(131, 56, 236)', logo: 0 })
  expect(await look(house.storks)).toEqual({
    brand: 'The Storks & Friends',
    color: 'rgb(179, 38, 30)',
    logo: 1,
  })
  const somebody = await member()
  await signInTo(house.herons, page, somebody)
  await page.goto(`${house.storks}/account/security`)
  await page.getByRole('heading', { name: 'Sign in first' }).waitFor()
  expect(one.complaints).toEqual([])
})

test('whoever has no mouse signs in, finds the pages, and names an app', async () => {
  await using one = await visitor(browser)
  const { page } = one
  const somebody = await member()
  await page.goto(`${house.herons}/account/sign-in`)
  await page.getByRole('textbox', { name: 'Password' }).waitFor()
  await tabTo(page, 'input[name="username"], input[autocomplete~="username"], input[type="text"]')
  await page.keyboard.type(somebody.email)
  await tabTo(page, 'input[type="password"]')
  await page.keyboard.type(somebody.password)
  await tabTo(page, '[role="checkbox"], input[type="checkbox"]')
  await page.keyboard.press('Space')
  await tabTo(page, 'button[type="submit"], button:not([type])')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Home' }).waitFor()

  await page.goto(`${house.herons}/account/security`)
  await page.keyboard.press('Tab')
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content')
  await tabTo(page, 'a[href$="/app-passwords"]')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'App passwords', level: 1 }).waitFor()
  await tabTo(page, 'a.button')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Confirm that it is you' }).waitFor()
  await tabTo(page, 'input[type="password"]')
  await page.keyboard.type(`${somebody.password}\n`)
  await page.getByRole('heading', { name: 'App passwords', level: 1 }).waitFor()
  await tabTo(page, 'input[name="name"]')
  await page.keyboard.type('my reader\n')
  await page.getByText('it is shown this once').waitFor()
  expect(one.complaints).toEqual([])
})

test.each([
  ['by day', { colorScheme: 'light', viewport: { width: 1024, height: 700 } }],
  ['by night', { colorScheme: 'dark', viewport: { width: 1024, height: 700 } }],
  ['on a phone of 375 pixels', { colorScheme: 'light', viewport: { width: 375, height: 667 } }],
] as const)('nobody stumbles over our own pages %s', async (_when, options) => {
  await using one = await visitor(browser, options)
  const { page } = one
  const somebody = await member('storks')
  await signInTo(house.storks, page, somebody)
  await openConfirmed(house.storks, page, { section: 'App passwords', password: somebody.password })
  const pages = [`${house.storks}/account/passkey`]
  const links = await page.getByRole('navigation').getByRole('link').all()
  for (const link of links) pages.push(new URL((await link.getAttribute('href')) ?? '', house.storks).href)
  pages.push(`${pages[1]}/confirm`)
  expect(pages).toHaveLength(9)
  for (const url of pages) {
    await page.goto(url)
    expect([url, await stumblingBlocks(page)]).toEqual([url, []])
  }
  expect(one.complaints).toEqual([])
})

/** An account that is there already. */
async function member(at: 'herons' | 'storks' = 'herons'): Promise<Newcomer & { did: string }> {
  const { did, email, password, handle } = await signUp(house[at], { domain: `${at}.test` })
  return { did, email, password, name: handle }
}

async function isBack(page: Page) {
  await page.getByRole('heading', { name: 'You are back' }).waitFor()
  return await app.userIsBack()
}

/** Of the browser's own, which verifies its user without asking. */
async function withAuthenticator({ context }: Visitor, page: Page): Promise<void> {
  const devtools = await context.newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  const options = { protocol: 'ctap2', transport: 'internal', hasResidentKey: true } as const
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: { ...options, hasUserVerification: true, isUserVerified: true },
  })
}

function nameOf(error: unknown): string {
  return String(error)
}
