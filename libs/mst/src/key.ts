import { HeronryError } from '@heronry/core/error'
import { keyLengthMax } from './limits.ts'

const keyPattern = /^[a-zA-Z0-9_~\-:.]+\/[a-zA-Z0-9_~\-:.]+$/

/** Throws `InvalidRequest` for what cannot be a key of the tree. */
export function assertKey(key: string): void {
  if (key.length > keyLengthMax || !keyPattern.test(key)) {
    throw new HeronryError('InvalidRequest', `Not a valid record path: ${key.slice(0, keyLengthMax)}`)
  }
}
