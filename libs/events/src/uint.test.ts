import { encode } from '@atcute/cbor'
import { expect, test } from 'vitest'
import { uintBytes, writeUint } from './uint.ts'

const bounds = [23, 0xff, 0xffff, 0xffff_ffff]
const values = [0, 1, ...bounds.flatMap((bound) => [bound, bound + 1]), Number.MAX_SAFE_INTEGER]

test.each(values)('%i has the bytes that DRISL gives it', (value) => {
  const bytes = Buffer.alloc(uintBytes(value) + 2)
  writeUint(bytes, 1, value)
  expect(bytes).toEqual(Buffer.from([0, ...encode(value), 0]))
})
