import { HeronryError } from '@heronry/core/error'
import { invalidHandle } from '@heronry/core/handle'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Vault } from '@heronry/vault/vault'
import { hasSecondFactor } from './ask-second-factor.ts'
import { changeWithPassword, type OwnerProof, type PasswordDeps } from './change-with-password.ts'
import { storeEmailFactor, unconfirmed } from './email-factor.ts'
import { findLogin, type SecondFactors } from './find-login.ts'
import { noticeFactor } from './notice-factor.ts'
import { notify } from './notify.ts'
import { countRecoveryCodes, deleteIdleRecoveryCodes, replaceRecoveryCodes } from './recovery-code.ts'
import { base32, newTotpSecret, totpUri } from './totp.ts'
import { deleteTotp, insertTotp } from './totp-store.ts'

export interface OwnSecondFactors extends SecondFactors {
  readonly recoveryCodesLeft: number
}

/** What the account's logins are asked for. */
export async function findSecondFactors(db: Database, actorId: ActorId): Promise<OwnSecondFactors> {
  const { email, totp } = (await findLogin(db, actorId))?.factors ?? { email: false, totp: false }
  return { email, totp, recoveryCodesLeft: await countRecoveryCodes(db, actorId) }
}

/** Switches sign-in codes by mail. Throws `InvalidRequest` for an address that nobody has confirmed. */
export async function setEmailFactor(
  deps: PasswordDeps,
  { enabled, ...proof }: OwnerProof & { readonly enabled: boolean },
): Promise<void> {
  await changeWithPassword(deps, proof, async (tx, login) => {
    if (enabled && !login.emailConfirmed) throw unconfirmed()
    await storeEmailFactor(tx, { actorId: login.actor.id, enabled })
    await noticeFactor(tx, { login, factor: 'email', enabled, now: new Date(deps.clock.now()) })
  })
}

/** For an authenticator app: as it is typed, and as it is read from a picture. */
export interface BegunTotp {
  readonly secret: string
  readonly uri: string
}

/**
 * Begins with an authenticator app, whose codes are asked for once it has shown one (`confirmTotp`); what was begun before is void. Throws
 * `AlreadyExists` where the account has an app.
 */
export async function beginTotp(
  { vault, ...deps }: PasswordDeps & { vault: Vault },
  { issuer, ...proof }: OwnerProof & { readonly issuer: string },
): Promise<BegunTotp> {
  const secret = newTotpSecret()
  const account = await changeWithPassword(deps, proof, async (tx, { actor, factors }) => {
    if (factors.totp) throw new HeronryError('AlreadyExists', 'The account has an authenticator app already')
    await insertTotp(tx, { vault }, { actorId: actor.id, secret })
    return actor.handle ?? invalidHandle
  })
  const typed = base32(secret)
  return { secret: typed, uri: totpUri({ secret: typed, issuer, account }) }
}

/** Takes the authenticator app away, or what was begun; recovery codes too, where nothing is left that they stand in for. */
export async function disableTotp(deps: PasswordDeps, proof: OwnerProof): Promise<void> {
  await changeWithPassword(deps, proof, async (tx, login) => {
    const { id } = login.actor
    await deleteTotp(tx, id)
    await deleteIdleRecoveryCodes(tx, id)
    await noticeFactor(tx, { login, factor: 'totp', enabled: false, now: new Date(deps.clock.now()) })
  })
}

/** Recovery codes in place of those before, told this once. Throws `InvalidRequest` where there is nothing that they stand in for. */
export async function newRecoveryCodes(deps: PasswordDeps, proof: OwnerProof): Promise<string[]> {
  return await changeWithPassword(deps, proof, async (tx, login) => {
    if (!hasSecondFactor(login)) throw new HeronryError('InvalidRequest', 'There is no second factor')
    await notify(tx, { login, template: 'recovery-codes-renewed', at: new Date(deps.clock.now()) })
    return await replaceRecoveryCodes(tx, login.actor.id)
  })
}
