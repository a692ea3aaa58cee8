import type { Clock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import type { Actor } from './actor.ts'
import { changeEmail } from './change-email.ts'
import { assertEmailSupported } from './email-address.ts'
import { switchEmailFactor, unconfirmed } from './email-factor.ts'
import { emailPurposes, spendEmailToken, type TokenVerdict } from './email-token.ts'
import { lockLogin, lockLoginToChange } from './find-login.ts'
import { mailToken, noAddress } from './mail-token.ts'
import { noticeFactor } from './notice-factor.ts'
import { notify } from './notify.ts'
import { tokenRefusals } from './token-refusals.ts'

interface EmailUpdateDeps {
  db: Database
  clock: Clock
}

/**
 * Whether a token is needed to change the address: it is where the address was confirmed, and then goes to it, so that a stolen session
 * does not suffice. Throws `InvalidRequest` for an actor that has no address.
 */
export async function requestEmailUpdate(
  { db, clock }: EmailUpdateDeps,
  { community, actor }: { community: { id: CommunityId }; actor: Actor },
): Promise<{ tokenRequired: boolean }> {
  return await inTransaction(db, { name: 'request e-mail update' }, async (tx) => {
    const login = (await lockLogin(tx, actor.id))?.login
    if (login === undefined) throw noAddress()
    const purpose = emailPurposes.updateEmail
    if (login.emailConfirmed) await mailToken(tx, { community, login, purpose, now: new Date(clock.now()) })
    return { tokenRequired: login.emailConfirmed }
  })
}

export interface EmailUpdate {
  readonly community: { readonly id: CommunityId }
  readonly actor: Actor
  readonly email: string
  readonly token?: string | undefined
  /** Whether sign-in codes go to the address, where it is the account's. */
  readonly emailAuthFactor?: boolean | undefined
}

/**
 * Gives the account another address, which is then unconfirmed, and mails it a token to confirm it with. All other tokens are gone, and no sign-in
 * codes are asked for until they are switched on again.
 *
 * With the account's own address and `emailAuthFactor` it only switches those (email-factor.ts).
 *
 * Throws `InvalidRequest` for an address that no mail can be sent to, that is thrown away after use, or that another account has;
 * `TokenRequired`, `InvalidToken` or `ExpiredToken` where the old address was confirmed, or sign-in codes are switched off. A right token is not spent on an address that
 * cannot be had.
 */
export async function updateEmail({ db, clock }: EmailUpdateDeps, update: EmailUpdate): Promise<void> {
  const now = new Date(clock.now())
  const verdict = await inTransaction(db, { name: 'update e-mail' }, (tx) => change(tx, { ...update, now }))
  if (verdict === 'noAccount') throw new HeronryError('InvalidRequest', 'account not found')
  if (verdict === 'unconfirmed') throw unconfirmed()
  if (verdict === 'noToken') throw new HeronryError('TokenRequired', 'confirmation token required')
  if (verdict !== 'right') throw tokenRefusals[verdict]()
}

async function change(
  tx: Transaction,
  { community, actor, email, token, emailAuthFactor: enabled, now }: EmailUpdate & { now: Date },
): Promise<TokenVerdict | 'noAccount' | 'noToken' | 'unconfirmed'> {
  const login = (await lockLoginToChange(tx, actor.id))?.login
  if (login === undefined) return 'noAccount'
  if (enabled !== undefined && email.toLowerCase() === login.email.toLowerCase()) {
    return await switchEmailFactor(tx, { login, enabled, token, now })
  }
  assertEmailSupported(email)
  if (login.emailConfirmed && !token) return 'noToken'
  // Also where none is needed any more: of two that show it at once, the second finds an address that nobody has confirmed.
  if (token) {
    const slot = { actorId: actor.id, purpose: emailPurposes.updateEmail, now }
    const verdict = await spendEmailToken(tx, { ...slot, token })
    if (verdict !== 'right') return verdict
  }
  await changeEmail(tx, { communityId: community.id, actorId: actor.id, email })
  await notify(tx, { login, template: 'email-changed', at: now })
  await noticeFactor(tx, { login, factor: 'email', enabled: false, now })
  const factors = { ...login.factors, email: false }
  const renewed = { ...login, email: email.toLowerCase(), emailConfirmed: false, factors }
  await mailToken(tx, { community, login: renewed, purpose: emailPurposes.confirmEmail, now })
  return 'right'
}
