import { createHash } from 'node:crypto'

const alphabet = '234567abcdefghijklmnopqrstuvwxyz'

/** A record key that has the form of a TID, the same for the same name. */
export function tid(name: string): string {
  const digest = createHash('sha256').update(name).digest()
  return `3${Array.from(digest.subarray(0, 12), (byte) => alphabet[byte % 32]).join('')}`
}
