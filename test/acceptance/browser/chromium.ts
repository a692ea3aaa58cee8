import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core'

/** Debian's Chromium, of the PATH, without a window. */
export function startChromium(): Promise<Browser> {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage']
  return chromium.launch({ executablePath: '/usr/bin/chromium', args })
}

/** Somebody's browser: what it has complained of so far, scripts that failed and policies that were broken among it. */
export interface Visitor extends AsyncDisposable {
  readonly context: BrowserContext
  readonly page: Page
  readonly complaints: string[]
}

export async function visitor(browser: Browser, options: BrowserContextOptions = {}): Promise<Visitor> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    const text = message.text()
    if (['error', 'warning'].includes(message.type()) && !isExpected(text))
      complaints.push(`${page.url()}: ${text}`)
  })
  return { context, page, complaints, [Symbol.asyncDispose]: () => context.close() }
}

/** What the provider's own pages say whatever one does, and what does no harm: oauth-provider 0.22.9 (the last: a style that its own policy forbids it on its sign-in page). */
const known = [
  "Unrecognized feature: 'document-domain'",
  'Uncompiled message detected!',
  'sha256-kLmvWqfziFavKtqHqRsb90f006UAK2Dmd0It5Iz2KFA=',
]

/** A wrong password or a code that is asked for is an answer of 400 or 401, and the browser says so. */
function isExpected(text: string): boolean {
  if (known.some((it) => text.includes(it))) return true
  return /^Failed to load resource: the server responded with a status of 40[01] /.test(text)
}

/** As a person without a mouse: from where the focus is on until it is on what is looked for. */
export async function tabTo(page: Page, selector: string, { tabsMax = 40 } = {}): Promise<void> {
  for (let tabs = 0; tabs < tabsMax; tabs++) {
    await page.keyboard.press('Tab')
    if (await page.evaluate((it) => document.activeElement?.matches(it) ?? false, selector)) return
  }
  throw new Error(`No ${selector} within ${tabsMax} tabs of ${page.url()}`)
}
