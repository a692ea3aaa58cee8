const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

/** base58btc without its multibase prefix. For keys only: the time grows with the square of the length. */
export function base58(bytes: Uint8Array): string {
  let number = 0n
  for (const byte of bytes) number = (number << 8n) | BigInt(byte)
  let text = ''
  for (; number > 0n; number /= 58n) text = alphabet.charAt(Number(number % 58n)) + text
  return '1'.repeat(leading(bytes, (byte) => byte === 0)) + text
}

/** Null for a character that is not in the alphabet. */
export function fromBase58(text: string): Uint8Array | null {
  let number = 0n
  for (const character of text) {
    const digit = alphabet.indexOf(character)
    if (digit < 0) return null
    number = number * 58n + BigInt(digit)
  }
  const bytes: number[] = []
  for (; number > 0n; number >>= 8n) bytes.unshift(Number(number & 255n))
  return Uint8Array.from([
    ...new Array<number>(leading(text, (character) => character === '1')).fill(0),
    ...bytes,
  ])
}

function leading<T>(values: Iterable<T>, isZero: (value: T) => boolean): number {
  let count = 0
  for (const value of values) {
    if (!isZero(value)) break
    count++
  }
  return count
}
