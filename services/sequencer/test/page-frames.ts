import { Frame } from '@atproto/xrpc-server'
import type { MessagePage } from '../src/edge/read-messages.ts'

type Messages = Pick<MessagePage, 'messages'>

/** The frames of a page by seq, in hexadecimal. */
export function pageFrames(page: Messages): Map<number, string> {
  return new Map(
    pageFrameBytes(page).map((frame) => {
      const { seq } = Frame.fromBytes(frame).body as { seq: number }
      return [seq, frame.toString('hex')]
    }),
  )
}

export function pageSeqs(page: Messages): number[] {
  return [...pageFrames(page).keys()]
}

/** The frames of a page, taken out of their messages as a WebSocket client does it. */
export function pageFrameBytes({ messages }: Messages): Buffer[] {
  const frames: Buffer[] = []
  const bytes = messages?.bytes ?? Buffer.alloc(0)
  for (let at = 0; at < bytes.length; ) {
    const { frameAt, length } = frameIn(bytes, at)
    frames.push(bytes.subarray(frameAt, frameAt + length))
    at = frameAt + length
  }
  return frames
}

function frameIn(bytes: Buffer, at: number): { frameAt: number; length: number } {
  const short = bytes.readUInt8(at + 1)
  if (short < 126) return { frameAt: at + 2, length: short }
  if (short === 126) return { frameAt: at + 4, length: bytes.readUInt16BE(at + 2) }
  return { frameAt: at + 10, length: Number(bytes.readBigUInt64BE(at + 2)) }
}
