import type { Digest } from '@heronry/core/cid'
import { HeronryError } from '@heronry/core/error'

/** Throws `InvalidRequest`. */
export function parseSha256(text: string): Digest {
  if (!/^[0-9a-f]{64}$/i.test(text)) {
    throw new HeronryError('InvalidRequest', 'A SHA-256 in 64 hexadecimal digits is expected')
  }
  return new Uint8Array(Buffer.from(text, 'hex')) as Digest
}

export function sha256Text(digest: Digest): string {
  return Buffer.from(digest).toString('hex')
}
