import { InvalidGrantError } from '@atproto/oauth-provider/errors'

interface Refusal {
  error: string
  message: string
  status: number
  cause?: unknown
}

/**
 * A grant that is refused for now: its session lives on. The provider passes on an `InvalidGrantError` as it is, and makes `invalid_grant`,
 * which clients take for the end of a session, of anything else that the store throws while it looks for one.
 */
class RefusedForNow extends InvalidGrantError {
  override readonly error: string
  override readonly status: number

  constructor({ error, message, status, cause }: Refusal) {
    super(message, cause)
    this.error = error
    this.status = status
  }
}

/** The token was used by another request, at the same time or a moment ago. */
export function raceLost(): InvalidGrantError {
  return new RefusedForNow({
    error: 'temporarily_unavailable',
    message: 'The session was refreshed by another request just now: use the tokens that it got',
    status: 503,
  })
}

/** The account is taken down or suspended; a suspension ends. */
export function barredGrant(): InvalidGrantError {
  return new RefusedForNow({ error: 'access_denied', message: 'The account is not available', status: 403 })
}

/** The house cannot say: it has lost its database. */
export function houseUnavailable(cause: unknown): InvalidGrantError {
  const message = 'The service is not available at the moment: try again'
  return new RefusedForNow({ error: 'temporarily_unavailable', message, status: 503, cause })
}
