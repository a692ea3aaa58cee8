import { InvalidRequestError } from '@atproto/xrpc-server'
import { decodeText } from './content-type.ts'

/** A text body; NUL is refused, as Postgres has no text with it. */
export function parseTextBody(bytes: Uint8Array, charset: string | undefined): string {
  const text = decodeText(bytes, charset)
  if (text.includes('\0')) throw new InvalidRequestError('The request body holds NUL')
  return text
}
