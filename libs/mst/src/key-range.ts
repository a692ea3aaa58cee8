/** A key where it stands in bytes. */
export interface KeyRange {
  readonly bytes: Uint8Array
  readonly keyAt: number
  readonly keyEnd: number
}

export function keysEqual(left: KeyRange, right: KeyRange): boolean {
  const length = left.keyEnd - left.keyAt
  if (right.keyEnd - right.keyAt !== length) return false
  // Neighbours differ in their last characters.
  for (let index = length - 1; index >= 0; index--) {
    if (left.bytes[left.keyAt + index] !== right.bytes[right.keyAt + index]) return false
  }
  return true
}

export function keyText({ bytes, keyAt, keyEnd }: KeyRange): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + keyAt, keyEnd - keyAt).toString('latin1')
}
