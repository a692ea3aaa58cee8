import { XRPCError } from '@atproto/xrpc-server'
import { OAuthChallenge } from '@heronry/auth/oauth-challenge'
import { type ErrorCode, HeronryError } from '@heronry/core/error'

export interface ErrorAnswer {
  readonly status: number
  readonly body: { readonly error: string; readonly message: string }
  /** `WWW-Authenticate` */
  readonly challenge?: string
}

/**
 * What a client is told of an error. Only errors made to be shown are: ours by the table below, and those of
 * `@atproto/xrpc-server`. Anything else is a fault of ours and answers 500 without detail; its cause belongs in the log.
 */
export function errorAnswer(error: unknown): ErrorAnswer {
  if (error instanceof HeronryError) return heronryAnswer(error)
  if (error instanceof XRPCError && error.statusCode !== 500) {
    const { error: name = 'InvalidRequest', message = '' } = error.payload
    const challenge = error instanceof OAuthChallenge ? { challenge: error.challenge } : {}
    return { status: error.statusCode, body: { error: name, message }, ...challenge }
  }
  return frameworkAnswer(error) ?? internalServerError
}

const internalServerError: ErrorAnswer = {
  status: 500,
  body: { error: 'InternalServerError', message: 'Internal Server Error' },
}

function heronryAnswer({ code, message }: HeronryError): ErrorAnswer {
  const [status, name = code] = answers[code]
  return { status, body: { error: name, message } }
}

/** What Fastify itself refuses before a handler runs: a path it cannot read. */
function frameworkAnswer(error: unknown): ErrorAnswer | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('statusCode' in error)) return undefined
  const { code, statusCode } = error
  if (typeof code !== 'string' || !code.startsWith('FST_')) return undefined
  if (typeof statusCode !== 'number' || statusCode >= 500) return undefined
  const message = code === 'FST_ERR_BAD_URL' ? 'invalid xrpc path' : error.message
  return { status: 400, body: { error: 'InvalidRequest', message } }
}

/**
 * Status, and the name on the wire where it differs from the code (reference-behaviour.md §0). "Not found" is 400 for a
 * method that exists; 404 is only for a host or path where there is nothing at all.
 */
const answers: Record<ErrorCode, readonly [status: number, name?: string]> = {
  AccountDeactivated: [401],
  AccountNotFound: [403],
  AccountTakedown: [401],
  AlreadyExists: [400],
  AuthFactorTokenRequired: [401],
  AuthMissing: [401],
  AuthenticationRequired: [401],
  BadExpiration: [400],
  BlobNotFound: [400],
  BlockNotFound: [400],
  DidDeactivated: [400],
  DidNotFound: [400],
  DuplicateCreate: [400],
  ExpiredToken: [400],
  Forbidden: [403],
  HandleNotAvailable: [400],
  HandleNotFound: [400],
  InvalidEmail: [400],
  InvalidHandle: [400],
  InvalidInviteCode: [400],
  InvalidMimeType: [400],
  InvalidRequest: [400],
  InvalidSize: [400],
  InvalidSwap: [400],
  InvalidToken: [400],
  InvalidVerificationCode: [400],
  MissingTokenId: [401],
  NotFound: [400],
  PayloadTooLarge: [413],
  RateLimitExceeded: [429],
  RecordAlreadyExists: [400],
  RecordNotFound: [400],
  RepoDeactivated: [400],
  RepoNotFound: [400],
  RepoSuspended: [400],
  RepoTakendown: [400],
  ScopeMissingError: [403],
  ServiceUnavailable: [503, 'NotEnoughResources'],
  TokenRequired: [400],
  UnknownHost: [421],
  Unsupported: [400],
  UnsupportedDomain: [400],
  UpstreamFailure: [502],
  UpstreamTimeout: [504],
  // Of an account that is not active any more, to its owner: AccountNotFound is what a token's missing account is told.
  UserNotFound: [400, 'AccountNotFound'],
  XRPCNotSupported: [404],
}
