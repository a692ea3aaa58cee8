import type { Transaction } from '@heronry/db/in-transaction'
import type { Login, SecondFactors } from './find-login.ts'
import { notify } from './notify.ts'

export interface FactorSwitch {
  /** As it was before. */
  readonly login: Login
  readonly factor: keyof SecondFactors
  readonly enabled: boolean
  readonly now: Date
}

const names: Record<keyof SecondFactors, string> = { email: 'email', totp: 'app' }

/** Tells the owner by mail that a second factor was switched; nothing where it stays as it was. */
export async function noticeFactor(
  tx: Transaction,
  { login, factor, enabled, now }: FactorSwitch,
): Promise<void> {
  if (login.factors[factor] === enabled) return
  const template = enabled ? 'second-factor-on' : 'second-factor-off'
  await notify(tx, { login, template, values: { factor: names[factor] }, at: now })
}
