import { expect, test } from 'vitest'
import type { Side } from '../sides/side.ts'
import { House } from './house.ts'

const house = () => new House({ url: 'http://localhost:1' } as Side)

test('after a line of one side alone, both sides hand out the same record keys again', () => {
  const [ours, reference] = [house(), house()]
  for (const it of [ours, reference]) it.reserveRkeys(10)
  ours.reserveRkeys(1_000)
  ours.catchUpWith(reference)
  expect([ours.reserveRkeys(5), reference.reserveRkeys(5)]).toEqual([1_010, 1_010])
})
