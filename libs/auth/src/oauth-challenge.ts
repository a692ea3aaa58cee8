import { UseDpopNonceError, WWWAuthenticateError } from '@atproto/oauth-provider/errors'
import { AuthRequiredError } from '@atproto/xrpc-server'

/** 401, with what its answer says in `WWW-Authenticate`. */
export class OAuthChallenge extends AuthRequiredError {
  readonly challenge: string

  constructor({ error, error_description, wwwAuthenticateHeader }: WWWAuthenticateError) {
    super(error_description, error)
    this.challenge = wwwAuthenticateHeader
  }
}

/** What is thrown of an app's credentials, as its answer; what is none of their fault stays what it is. */
export function asChallenge(error: unknown): unknown {
  if (error instanceof UseDpopNonceError) return new OAuthChallenge(error.toWwwAuthenticateError())
  return error instanceof WWWAuthenticateError ? new OAuthChallenge(error) : error
}
