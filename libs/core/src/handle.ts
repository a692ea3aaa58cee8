import { isValidHandle } from '@atproto/syntax'
import type { Brand } from './brand.ts'
import { HeronryError } from './error.ts'

/** A normalised (lower-case) handle (https://atproto.com/specs/handle). */
export type Handle = Brand<`${string}.${string}`, 'Handle'>

/** What stands in for a handle that does not resolve both ways. */
export const invalidHandle = 'handle.invalid' as Handle

export function isHandle(text: string): text is Handle {
  return isValidHandle(text) && text === text.toLowerCase()
}

/** Lower-cases and checks the syntax; throws `InvalidHandle`. */
export function parseHandle(text: string): Handle {
  const handle = text.toLowerCase()
  if (!isHandle(handle)) throw new HeronryError('InvalidHandle', 'Input/handle must be a valid handle')
  return handle
}
