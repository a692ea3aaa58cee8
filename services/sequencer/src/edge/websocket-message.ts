/**
 * One frame as a whole, unmasked, uncompressed binary WebSocket message (RFC 6455 §5.2), ready for any number of sockets.
 * Messages may be joined and cut at their boundaries; a socket must get them whole.
 */
export function websocketMessage(frame: Buffer): Buffer {
  const head = messageHead(frame.length)
  return Buffer.concat([head, frame], head.length + frame.length)
}

const finalBinary = 0x82

function messageHead(length: number): Buffer {
  if (length < 126) return Buffer.of(finalBinary, length)
  if (length < 65_536) return Buffer.of(finalBinary, 126, length >> 8, length & 0xff)
  const head = Buffer.alloc(10)
  head[0] = finalBinary
  head[1] = 127
  head.writeBigUInt64BE(BigInt(length), 2)
  return head
}
