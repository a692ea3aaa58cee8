/** Bytes of a non-negative integer in DRISL, which has the shortest form alone. */
export function uintBytes(value: number): number {
  if (value < 24) return 1
  if (value < 0x100) return 2
  if (value < 0x1_0000) return 3
  return value < 0x1_0000_0000 ? 5 : 9
}

export function writeUint(target: Buffer, at: number, value: number): void {
  if (value < 24) target[at] = value
  else if (value < 0x100) target.writeUInt16BE(0x1800 | value, at)
  else if (value < 0x1_0000) {
    target[at] = 0x19
    target.writeUInt16BE(value, at + 1)
  } else if (value < 0x1_0000_0000) {
    target[at] = 0x1a
    target.writeUInt32BE(value, at + 1)
  } else {
    target[at] = 0x1b
    target.writeBigUInt64BE(BigInt(value), at + 1)
  }
}
