/**
 * One frame as a whole, unmasked, uncompressed binary WebSocket message (RFC 6455 §5.2), ready for any number of sockets.
 * Messages may be joined and cut at their boundaries; a socket must get them whole.
 */
export function websocketMessage(frame: Buffer): Buffer {
  const at = messageHeadBytes(frame.length)
  const message = Buffer.allocUnsafe(at + frame.length)
  writeMessageHead(message, 0, frame.length)
  message.set(frame, at)
  return message
}

/** Bytes that stand before a frame of `length` bytes. */
export function messageHeadBytes(length: number): number {
  if (length < 126) return 2
  return length < 65_536 ? 4 : 10
}

const finalBinary = 0x82

export function writeMessageHead(target: Buffer, at: number, length: number): void {
  target[at] = finalBinary
  if (length < 126) target[at + 1] = length
  else if (length < 65_536) {
    target[at + 1] = 126
    target.writeUInt16BE(length, at + 2)
  } else {
    target[at + 1] = 127
    target.writeBigUInt64BE(BigInt(length), at + 2)
  }
}
