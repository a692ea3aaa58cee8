import type { WWWAuthenticateError } from '@atproto/oauth-provider/errors'
import { AuthRequiredError } from '@atproto/xrpc-server'

/** 401, with what its answer says in `WWW-Authenticate`. */
export class OAuthChallenge extends AuthRequiredError {
  readonly challenge: string

  constructor({ error, error_description, wwwAuthenticateHeader }: WWWAuthenticateError) {
    super(error_description, error)
    this.challenge = wwwAuthenticateHeader
  }
}
