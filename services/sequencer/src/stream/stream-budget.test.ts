import { expect, test } from 'vitest'
import { streamInheritedMax } from '../limits.ts'
import { StreamBudget } from './stream-budget.ts'

// An entry of 900 bytes counts for 1,000.
const entry = 900

test('entries stay as long as their bytes fit; one byte more, and the oldest goes', () => {
  const fits = new StreamBudget(3_000)
  expect([entry, entry, entry].map((bytes) => fits.add(bytes))).toEqual(
    [1, 2, 3].map((n) => n + streamInheritedMax),
  )
  const over = new StreamBudget(2_999)
  expect([entry, entry, entry].map((bytes) => over.add(bytes)).at(-1)).toBe(2)
})

test('what somebody else has left goes before the first of ours does', () => {
  const budget = new StreamBudget(2_000)
  expect([entry, entry, entry, entry].map((bytes) => budget.add(bytes))).toEqual([
    1 + streamInheritedMax,
    2 + streamInheritedMax,
    2,
    2,
  ])
})

test('an entry larger than the stream stands alone in it', () => {
  const budget = new StreamBudget(1_000)
  budget.add(entry)
  expect([budget.add(5_000), budget.add(entry)]).toEqual([1, 1])
})

test('what is of unknown fate is somebody else’s', () => {
  const budget = new StreamBudget(1_000)
  budget.add(entry)
  budget.add(entry)
  budget.forget()
  expect(budget.add(entry)).toBe(1 + streamInheritedMax)
})
