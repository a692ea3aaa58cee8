import { HeronryError } from '@heronry/core/error'
import type { TokenVerdict } from './email-token.ts'

/** What is said of a mailed token that does not hold: alike whether it is wrong, spent, or was tried too often. */
export const tokenRefusals: Record<Exclude<TokenVerdict, 'right'>, () => HeronryError> = {
  wrong: () => new HeronryError('InvalidToken', 'Token is invalid'),
  expired: () => new HeronryError('ExpiredToken', 'Token is expired'),
}
