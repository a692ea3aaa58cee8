import type { ActorId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import type { Login } from './find-login.ts'
import { claimSignInNotice, type Device, rememberDevice } from './known-device.ts'
import { notify } from './notify.ts'
import { programName } from './program-name.ts'

export interface SignIn extends Device {
  readonly actorId: ActorId
  readonly login: Login
  readonly at: Date
  /** With the account's password by a session of its own, or on the sign-in page; or with a passkey there. Never with an app password. */
  readonly kind: 'password' | 'oauth' | 'passkey'
}

/**
 * Tells the owner by mail of a sign-in from a device that the account does not know, in the transaction that opens the session; and keeps the device. The
 * sign-up itself is no sign-in: it calls `rememberDevice`.
 *
 * Any lock of the account may be held.
 */
export async function noticeSignIn(tx: Transaction, signIn: SignIn): Promise<void> {
  const { login, network, userAgent, at, kind } = signIn
  if (!(await rememberDevice(tx, signIn)) || !(await claimSignInNotice(tx, signIn))) return
  const values = { device: programName(userAgent) ?? '?', address: network, kind }
  await notify(tx, { login, template: 'new-sign-in', at, values })
}
