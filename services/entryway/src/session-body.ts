import type { Login } from '@heronry/accounts/find-login'
import { sessionAnswer } from '@heronry/accounts/session-answer'
import { isPermitted, type Permissions } from '@heronry/auth/permissions'
import type { DidResolver } from '@heronry/identity/did-resolver'

/** Given where PDS_ENABLE_DID_DOC_WITH_SESSION asks for the DID document in session answers. */
export type DidDocSource = DidResolver | undefined

interface Told {
  login: Login
  permissions: Permissions
}

/** The part that createSession, refreshSession and getSession answer alike. An app that may not read the address is not told it. */
export async function sessionBody(didDocOf: DidDocSource, { login, permissions }: Told) {
  const didDoc = await didDocOf?.resolve(login.actor.did).catch(() => undefined)
  const { email, emailConfirmed, emailAuthFactor, ...answer } = sessionAnswer(login)
  const isTold = isPermitted(permissions, { account: { attr: 'email', action: 'read' } })
  return { ...answer, ...(isTold && { email, emailConfirmed, emailAuthFactor }), ...(didDoc && { didDoc }) }
}
