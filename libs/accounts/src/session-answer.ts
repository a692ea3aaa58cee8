import { invalidHandle } from '@heronry/core/handle'
import type { Login } from './find-login.ts'

/** What createSession, refreshSession and getSession say of an account; `status` is there exactly when it is not active. */
export function sessionAnswer({ actor, email, emailConfirmed, factors }: Login) {
  const { did, handle, status } = actor
  return {
    did,
    handle: handle ?? invalidHandle,
    email,
    emailConfirmed,
    emailAuthFactor: factors.email,
    active: status === 'active',
    ...(status !== 'active' && { status }),
  }
}
