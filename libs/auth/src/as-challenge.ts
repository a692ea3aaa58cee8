import { UseDpopNonceError, WWWAuthenticateError } from '@atproto/oauth-provider/errors'
import { OAuthChallenge } from './oauth-challenge.ts'

/** What is thrown of an app's credentials, as its answer; what is none of their fault stays what it is. */
export function asChallenge(error: unknown): unknown {
  if (error instanceof UseDpopNonceError) return new OAuthChallenge(error.toWwwAuthenticateError())
  return error instanceof WWWAuthenticateError ? new OAuthChallenge(error) : error
}
