import type { Login } from '@heronry/accounts/find-login'
import { sessionAnswer } from '@heronry/accounts/session-answer'
import type { DidResolver } from '@heronry/identity/did-resolver'

/** Given where PDS_ENABLE_DID_DOC_WITH_SESSION asks for the DID document in session answers. */
export type DidDocSource = DidResolver | undefined

/** The part that createSession, refreshSession and getSession answer alike. */
export async function sessionBody(didDocOf: DidDocSource, login: Login) {
  const didDoc = await didDocOf?.resolve(login.actor.did).catch(() => undefined)
  return { ...sessionAnswer(login), ...(didDoc && { didDoc }) }
}
