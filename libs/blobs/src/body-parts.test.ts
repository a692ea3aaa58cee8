import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { bodyParts } from './body-parts.ts'

const sizes = { bytes: 1000, small: 100 }

async function partsOf(body: Buffer, chunkBytes: number) {
  const parts: { part: Buffer; isLast: boolean; memory: ArrayBufferLike }[] = []
  for await (const { part, isLast } of bodyParts(chunks(body, chunkBytes), sizes)) {
    parts.push({ part: Buffer.from(part), isLast, memory: part.buffer })
  }
  return parts
}

async function* chunks(body: Buffer, bytes: number): AsyncIterable<Uint8Array> {
  for (let start = 0; start < body.length; start += bytes) yield body.subarray(start, start + bytes)
}

test.each([
  [0, [0]],
  [1, [1]],
  [100, [100]],
  [101, [101]],
  [1000, [1000]],
  [1001, [1000, 1]],
  [2000, [1000, 1000]],
  [2500, [1000, 1000, 500]],
])('a body of %i bytes comes in pieces of %j, of whatever chunks', async (size, expected) => {
  const body = randomBytes(size)
  for (const chunkBytes of [1, 7, 999, 1000, 1001, 5000]) {
    const parts = await partsOf(body, chunkBytes)
    expect(parts.map(({ part }) => part.length)).toEqual(expected)
    expect(parts.map(({ isLast }) => isLast)).toEqual(expected.map((_, at) => at === expected.length - 1))
    expect(Buffer.concat(parts.map(({ part }) => part)).equals(body)).toBe(true)
  }
})

test('all pieces of a body take the memory of one', async () => {
  const parts = await partsOf(randomBytes(10_000), 64)
  expect(parts).toHaveLength(10)
  expect(new Set(parts.map(({ memory }) => memory)).size).toBe(1)
})
