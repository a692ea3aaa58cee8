import { readCar } from '@atproto/repo'
import { cidOf, sha256 } from '@heronry/core/cid'
import { expect, test } from 'vitest'
import { encodeCar } from './car.ts'

const blockOf = (size: number) => {
  // A CBOR byte string, because the reader decodes what it reads.
  const bytes = Buffer.concat([Buffer.of(0x5a, 0, 0, 0, 0), Buffer.alloc(size, size % 251)])
  bytes.writeUInt32BE(size, 1)
  return { cid: sha256(bytes), bytes }
}

test('the reference reads back the root and every block, whatever the length of its varint', async () => {
  const blocks = [0, 86, 87, 16_342, 16_343, 2_097_110, 2_097_111].map(blockOf)
  const [first] = blocks
  if (first === undefined) throw new Error('there are blocks')
  const car = await readCar(encodeCar(first.cid, blocks))
  expect(car.roots.map(String)).toEqual([cidOf(first.cid).toString()])
  expect(car.blocks.size).toBe(blocks.length)
  for (const block of blocks) expect(Buffer.from(car.blocks.get(cidOf(block.cid)) ?? [])).toEqual(block.bytes)
})

test('a CAR may have no root and no block', async () => {
  const car = await readCar(encodeCar(null, []))
  expect(car.roots).toEqual([])
  expect(car.blocks.size).toBe(0)
})
