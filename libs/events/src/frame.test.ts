import { ErrorFrame, Frame, MessageFrame } from '@atproto/xrpc-server'
import type { Seq } from '@heronry/core/ids'
import { expect, test } from 'vitest'
import { eventKinds } from './event.ts'
import { errorFrame, eventFrame, infoFrame } from './frame.ts'
import { frameBytesMax } from './limits.ts'
import { bytes, messageBody } from './message-body.ts'

test('an info frame has the bytes of the reference', () => {
  const body = { name: 'OutdatedCursor', message: 'Requested cursor exceeded limit.' } as const
  expect(infoFrame(body)).toEqual(Buffer.from(new MessageFrame(body, { type: '#info' }).toBytes()))
})

test('an error frame has the bytes of the reference and is decoded by it', () => {
  const body = { error: 'FutureCursor', message: 'Cursor in the future.' }
  expect(errorFrame(body)).toEqual(Buffer.from(new ErrorFrame(body).toBytes()))
  expect(Frame.fromBytes(errorFrame(body)).isError()).toBe(true)
})

test('a frame takes 5 MB and not one byte more', () => {
  const seq = 1 as Seq
  const frameOf = (size: number) => {
    const body = messageBody({ before: {}, after: { blocks: bytes(new Uint8Array(size)) } })
    return eventFrame({ kind: eventKinds.sync, ...body, seq })
  }
  const overhead = frameOf(100_000).length - 100_000
  expect(frameOf(frameBytesMax - overhead).length).toBe(frameBytesMax)
  expect(() => frameOf(frameBytesMax - overhead + 1)).toThrow('A frame of 5000001 bytes')
})
