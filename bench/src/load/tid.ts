const alphabet = '234567abcdefghijklmnopqrstuvwxyz'
const startMs = Date.UTC(2026, 0, 1)
const stepMs = 1_000

/** The moment of the n-th record: one a second. */
export function momentOf(index: number): string {
  return new Date(startMs + index * stepMs).toISOString()
}

/** The TID (https://atproto.com/specs/tid) of that moment, clock id 0: a later index sorts later. */
export function tid(index: number): string {
  let rest = (BigInt(startMs + index * stepMs) * 1_000n) << 10n
  let text = ''
  for (let digits = 0; digits < 13; digits++) {
    text = alphabet.charAt(Number(rest & 31n)) + text
    rest >>= 5n
  }
  return text
}
