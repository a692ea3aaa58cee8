import { HeronryError } from '@heronry/core/error'
import { errors } from 'jose'

/** What a client is told of a token that the library does not accept. */
export function tokenRefusal(cause: unknown): HeronryError {
  if (cause instanceof errors.JWTExpired) return tokenExpired({ cause })
  return new HeronryError('InvalidToken', 'Token could not be verified', { cause })
}

export function tokenExpired(options?: ErrorOptions): HeronryError {
  return new HeronryError('ExpiredToken', 'Token has expired', options)
}
