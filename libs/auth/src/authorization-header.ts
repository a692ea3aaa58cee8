import { HeronryError } from '@heronry/core/error'

export interface Authorization {
  readonly scheme: 'basic' | 'bearer' | 'dpop'
  readonly credentials: string
}

/** Reads an Authorization header; throws `AuthMissing` where there is none and `InvalidToken` where it makes no sense. */
export function requireAuthorization(header: string | undefined): Authorization {
  if (header === undefined) throw new HeronryError('AuthMissing', 'Authentication Required')
  const [scheme = '', credentials, ...rest] = header.split(' ')
  if (credentials === undefined || rest.length > 0) {
    throw new HeronryError('InvalidToken', 'Malformed authorization header')
  }
  const known = scheme.toLowerCase()
  if (known !== 'basic' && known !== 'bearer' && known !== 'dpop') {
    throw new HeronryError('InvalidToken', `Unsupported authorization type: ${scheme.slice(0, 20)}`)
  }
  return { scheme: known, credentials }
}

/** The bearer token of a request; throws where it brings anything else. */
export function requireBearer(header: string | undefined): string {
  const { scheme, credentials } = requireAuthorization(header)
  if (scheme !== 'bearer') {
    throw new HeronryError('InvalidToken', 'A session token is expected: Authorization: Bearer <accessJwt>')
  }
  return credentials
}
