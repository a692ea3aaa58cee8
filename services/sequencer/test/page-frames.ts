import { Frame } from '@atproto/xrpc-server'
import type { MessagePage } from '../src/edge/read-messages.ts'

/** The frames of a page by seq, in hexadecimal, taken out of their messages as a WebSocket client does it. */
export function pageFrames({ messages }: Pick<MessagePage, 'messages'>): Map<number, string> {
  const frames = new Map<number, string>()
  const bytes = messages?.bytes ?? Buffer.alloc(0)
  for (let at = 0; at < bytes.length; ) {
    const short = bytes.readUInt8(at + 1)
    const headBytes = short < 126 ? 2 : short === 126 ? 4 : 10
    const length =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
    const frame = bytes.subarray(at + headBytes, at + headBytes + length)
    const { seq } = Frame.fromBytes(frame).body as { seq: number }
    frames.set(seq, frame.toString('hex'))
    at += headBytes + length
  }
  return frames
}

export function pageSeqs(page: Pick<MessagePage, 'messages'>): number[] {
  return [...pageFrames(page).keys()]
}
