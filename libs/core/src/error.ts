/**
 * What can go wrong in the domain. A code is the XRPC error name a client sees, wherever the protocol has one; the
 * status that goes with it stands in one table of `libs/xrpc`.
 */
export type ErrorCode =
  | 'AccountDeactivated'
  | 'AccountNotFound'
  | 'AccountTakedown'
  | 'AlreadyExists'
  | 'AuthFactorTokenRequired'
  | 'AuthMissing'
  | 'AuthenticationRequired'
  | 'BadExpiration'
  | 'BlobNotFound'
  | 'BlobQuotaExceeded'
  | 'BlockNotFound'
  | 'DidDeactivated'
  | 'DidNotFound'
  | 'DuplicateCreate'
  | 'ExpiredToken'
  | 'Forbidden'
  | 'HandleNotAvailable'
  | 'HandleNotFound'
  | 'InvalidEmail'
  | 'InvalidHandle'
  | 'InvalidInviteCode'
  | 'InvalidMimeType'
  | 'InvalidRequest'
  | 'InvalidSize'
  | 'InvalidSwap'
  | 'InvalidToken'
  | 'InvalidVerificationCode'
  | 'MissingTokenId'
  | 'NotFound'
  | 'PayloadTooLarge'
  | 'RateLimitExceeded'
  | 'RecordAlreadyExists'
  | 'RecordNotFound'
  | 'RepoDeactivated'
  | 'RepoNotFound'
  | 'RepoSuspended'
  | 'RepoTakendown'
  | 'ScopeMissingError'
  | 'ServiceUnavailable'
  | 'TokenRequired'
  | 'UnknownHost'
  | 'Unsupported'
  | 'UnsupportedDomain'
  | 'UserNotFound'
  | 'UpstreamFailure'
  | 'UpstreamTimeout'
  | 'XRPCNotSupported'

/** An operating error: expected, explained to the caller, and mapped to an answer by its code. */
export class HeronryError extends Error {
  override readonly name = 'HeronryError'
  readonly code: ErrorCode
  /** What the log has beside the message, for the operator: no secret, nothing a member wrote. */
  readonly fields?: Readonly<Record<string, string>>

  /** `message` is shown to the client: it says what to do, and never holds a secret or a cause. */
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

export function isHeronryError(error: unknown, code?: ErrorCode): error is HeronryError {
  return error instanceof HeronryError && (code === undefined || error.code === code)
}
