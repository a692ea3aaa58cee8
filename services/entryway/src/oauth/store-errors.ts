import {
  HandleUnavailableError,
  type HandleUnavailableReason,
  InvalidCredentialsError,
  InvalidRequestError,
  OAuthError,
} from '@atproto/oauth-provider/errors'
import { RateLimitExceededError } from '@atproto/xrpc-server'
import { houseUnavailable } from '@heronry/auth/oauth-refusals'
import { type ErrorCode, HeronryError } from '@heronry/core/error'
import { isConnectionLost } from '@heronry/db/connection-lost'
import { oauthRequest } from './oauth-request.ts'

/**
 * The store, with every error as the provider passes it on unchanged: a domain error with its status, a lost database as 503. Of anything
 * else the provider makes 400 or 401, and apps take that for the end of a session.
 */
export function withOAuthErrors<Store extends object>(store: Store): Store {
  const guarded = Object.entries(store).map(([name, method]) => [name, withErrors(method)])
  return Object.fromEntries(guarded) as Store
}

type Method = (...args: unknown[]) => unknown

function withErrors(method: Method): Method {
  return async (...args) => {
    try {
      return await method(...args)
    } catch (error) {
      throw oauthErrorOf(error)
    }
  }
}

export function oauthErrorOf(error: unknown): OAuthError {
  if (error instanceof OAuthError) return error
  if (error instanceof HeronryError) return ofHeronry(error)
  if (error instanceof RateLimitExceededError) return tooMany(error.message || 'Rate limit exceeded', error)
  if (isConnectionLost(error)) {
    const here = oauthRequest()
    if (here !== undefined) here.isCutOff = true
    return houseUnavailable(error)
  }
  return new OAuthError('server_error', 'Server error', 500, error)
}

function ofHeronry(error: HeronryError): OAuthError {
  const { code, message } = error
  const reason = handleReasons[code]
  if (reason !== undefined) return new HandleUnavailableError(reason, message, error)
  switch (code) {
    case 'AuthenticationRequired':
    case 'InvalidToken':
    case 'ExpiredToken':
      return new InvalidCredentialsError(message, undefined, error)
    case 'RateLimitExceeded':
      return tooMany(message, error)
    case 'ServiceUnavailable':
      return houseUnavailable(error)
    case 'UpstreamFailure':
      return new OAuthError('temporarily_unavailable', message, 502, error)
    case 'UpstreamTimeout':
      return new OAuthError('temporarily_unavailable', message, 504, error)
    default:
      return new InvalidRequestError(message, error)
  }
}

function tooMany(message: string, cause: unknown): OAuthError {
  return new OAuthError('rate_limit_exceeded', message, 429, cause)
}

const handleReasons: Partial<Record<ErrorCode, HandleUnavailableReason>> = {
  HandleNotAvailable: 'taken',
  InvalidHandle: 'syntax',
  UnsupportedDomain: 'unsupported',
}
