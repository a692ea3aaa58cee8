import type { AppPassword } from './app-password-store.ts'
import type { AccessScope } from './tokens.ts'

/** What the access tokens of a session may do, by the password that it was opened with: the account's own where there is no other. */
export function accessScope(appPassword: Pick<AppPassword, 'privileged'> | undefined): AccessScope {
  if (appPassword === undefined) return 'com.atproto.access'
  return appPassword.privileged ? 'com.atproto.appPassPrivileged' : 'com.atproto.appPass'
}
