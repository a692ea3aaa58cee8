import { expect, test } from 'vitest'
import { MessageReader, opcodes } from './message-reader.ts'

/** As a server sends it. */
function message(opcode: number, payload: Buffer): Buffer {
  const { length } = payload
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  head[0] = 0x80 | opcode
  head[1] = length < 126 ? length : length < 65_536 ? 126 : 127
  if (head.length === 4) head.writeUInt16BE(length, 2)
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, payload])
}

function read(stream: Buffer, chunkBytes: number) {
  const reader = new MessageReader()
  const messages: Buffer[] = []
  const controls: [number, string][] = []
  let parts: Buffer[] = []
  for (let place = 0; place < stream.length; place += chunkBytes) {
    reader.read(stream.subarray(place, place + chunkBytes), {
      data: (bytes, { length, at }) => {
        parts.push(Buffer.from(bytes))
        if (at + bytes.length < length) return
        messages.push(Buffer.concat(parts))
        parts = []
      },
      control: (opcode, payload) => controls.push([opcode, payload.toString()]),
    })
  }
  return { messages, controls }
}

const payloads = [1, 125, 126, 65_535, 65_536].map((length) => Buffer.alloc(length, length % 251))

test.each([1, 2, 3, 7, 1_000, 1 << 20])('messages cut every %i bytes are read whole', (chunkBytes) => {
  const stream = [
    ...payloads.map((payload) => message(opcodes.binary, payload)),
    message(opcodes.ping, Buffer.alloc(0)),
    message(opcodes.close, Buffer.from('bye')),
  ]
  const { messages, controls } = read(Buffer.concat(stream), chunkBytes)
  expect(messages.map((it, index) => it.equals(payloads[index] as Buffer))).toEqual(payloads.map(() => true))
  expect(controls).toEqual([
    [opcodes.ping, ''],
    [opcodes.close, 'bye'],
  ])
})

test('a message that is only a part of one is refused', () => {
  expect(() => read(Buffer.of(opcodes.binary, 1, 0), 3)).toThrow('cut, compressed or masked')
})
