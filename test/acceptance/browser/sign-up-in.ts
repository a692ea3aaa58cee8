import type { Page } from 'playwright-core'

/** Somebody as the provider's pages know him. */
export interface Newcomer {
  readonly name: string
  readonly email: string
  readonly password: string
}

let count = 0

export function newcomer(): Newcomer {
  const name = `bird${Date.now().toString(36)}${++count}`
  return { name, email: `${name}@example.com`, password: `a good long password of ${name}` }
}

/** From the provider's first page until it asks whether the app may. */
export async function signUpOn(page: Page, { name, email, password }: Newcomer): Promise<void> {
  await page.getByRole('button', { name: 'Create a new account' }).click()
  await page.getByRole('textbox', { name: 'Type your username' }).fill(name)
  await page.getByRole('button', { name: 'Next' }).click()
  await page.getByRole('textbox', { name: 'Email' }).fill(email)
  await page.getByRole('textbox', { name: 'Password' }).fill(password)
  await page.getByRole('button', { name: 'Sign up' }).click()
  await page.getByRole('button', { name: 'Authorize' }).waitFor()
}

/** On the account pages, to be remembered there. */
export async function signInTo(house: string, page: Page, { email, password }: Newcomer): Promise<void> {
  await page.goto(`${house}/account`)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('textbox', { name: 'Username or Email' }).fill(email)
  await page.getByRole('textbox', { name: 'Password' }).fill(password)
  await page.getByRole('checkbox').click()
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Home' }).waitFor()
}

/** To a section of our own pages, with the password shown once more. */
export async function openConfirmed(
  house: string,
  page: Page,
  { section, password }: { section: string; password: string },
): Promise<void> {
  await page.goto(`${house}/account/security`)
  await page.getByRole('navigation').getByRole('link', { name: section }).click()
  await page.getByRole('link', { name: 'Confirm that it is you' }).click()
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Confirm' }).click()
  await page.getByRole('heading', { name: section, level: 1 }).waitFor()
}
