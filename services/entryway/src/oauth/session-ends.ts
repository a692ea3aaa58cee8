import type { SessionEnds } from '@heronry/auth/oauth-token-store'
import { networkOf, oauthRequest } from './oauth-request.ts'

/** Why an app's session ends, by the path that was asked for. */
export const sessionEnds: SessionEnds = {
  noteReplay() {
    const here = oauthRequest()
    if (here !== undefined) here.isReplay = true
  },
  current() {
    const here = oauthRequest()
    const path = here?.request.routeOptions.url ?? ''
    const network = networkOf()
    if (path.endsWith('/~api/revoke-oauth-session')) return { by: 'member', network }
    // An app may sign out with a token that it has used.
    if (path === '/oauth/revoke') return { by: 'app', network }
    return { by: here?.isReplay === true ? 'replay' : 'refusal', network }
  },
}
