import { expect, test } from 'vitest'
import { CopyFramer } from './copy-framer.ts'

const fileHeader = Buffer.alloc(19, 'h')
const trailer = message('d', Buffer.of(0xff, 0xff))
const row = (length: number) => Buffer.concat([Buffer.of(0, 1, 0, 0, 0, length), Buffer.alloc(length, 'x')])
const rows = [row(3), row(0), row(200), row(1)]
const [first, ...others] = rows as [Buffer, ...Buffer[]]
const notice = message('N', Buffer.from('by the way'))
const stream = Buffer.concat([
  message('H', Buffer.alloc(9)),
  message('d', Buffer.concat([fileHeader, first])),
  notice,
  ...others.map((it) => message('d', it)),
  trailer,
  message('c', Buffer.alloc(0)),
  message('C', Buffer.from('COPY 4')),
  message('Z', Buffer.from('T')),
])
const whole = {
  rows: Buffer.concat(rows.map((it) => message('d', it))),
  others: Buffer.concat([
    message('H', Buffer.alloc(9)),
    notice,
    message('c', Buffer.alloc(0)),
    message('C', Buffer.from('COPY 4')),
    message('Z', Buffer.from('T')),
  ]),
}

test('rows and other messages are told apart wherever the socket cuts what it yields', () => {
  for (let cut = 0; cut <= stream.length; cut++) {
    expect(framed([stream.subarray(0, cut), stream.subarray(cut)])).toEqual(whole)
  }
})

test.each([1, 2, 4, 5, 6, 25, 64])('and in pieces of %i bytes', (size) => {
  const pieces = Array.from({ length: Math.ceil(stream.length / size) }, (_, at) =>
    stream.subarray(at * size, (at + 1) * size),
  )
  expect(framed(pieces)).toEqual(whole)
})

test('every piece has whole rows', () => {
  for (let cut = 0; cut <= stream.length; cut++) {
    const found: Buffer[] = []
    const framer = new CopyFramer({ rows: (piece) => found.push(piece), other: () => {} })
    for (const part of [stream.subarray(0, cut), stream.subarray(cut)]) framer.take(Buffer.from(part))
    for (const piece of found) {
      let at = 0
      while (at < piece.length) at += 1 + piece.readUInt32BE(at + 1)
      expect(at).toBe(piece.length)
    }
  }
})

test('a COPY without rows yields none', () => {
  const none = message('d', Buffer.concat([fileHeader, Buffer.of(0xff, 0xff)]))
  expect(framed([none]).rows).toHaveLength(0)
})

test('what comes behind ReadyForQuery is left to the driver, whole or not', () => {
  const behind = Buffer.concat([stream, notice.subarray(0, 3)])
  expect(framed([behind]).others).toEqual(Buffer.concat([whole.others, notice.subarray(0, 3)]))
})

function message(letter: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(letter)
  head.writeUInt32BE(4 + body.length, 1)
  return Buffer.concat([head, body])
}

function framed(parts: readonly Buffer[]) {
  const found: Buffer[] = []
  const messages: Buffer[] = []
  const framer = new CopyFramer({
    rows: (piece) => found.push(piece),
    other: (it) => messages.push(it),
  })
  // The framer writes into what it is given.
  for (const part of parts) framer.take(Buffer.from(part))
  return { rows: Buffer.concat(found), others: Buffer.concat(messages) }
}
