import { expect, test } from 'vitest'
import { codesToEarn, type EarnedCode } from './earned-invite-codes.ts'

const day = 86_400_000
const created = 1_800_000_000_000

function earn(days: number, earned: Partial<EarnedCode>[] = [], epochMs = 0): number {
  const codes = earned.map((code) => ({
    createdAt: new Date(created + 1),
    disabled: false,
    isUsedUp: false,
    ...code,
  }))
  const now = created + days * day
  return codesToEarn({ now, accountCreatedAt: created, intervalMs: day, epochMs, earned: codes })
}

test.each([
  [0, 0],
  [0.99, 0],
  [1, 1],
  [4.5, 4],
  [5, 5],
  [6, 5],
  [1000, 5],
])('an account of %d days has earned %i codes', (days, codes) => {
  expect(earn(days)).toBe(codes)
})

test('what it has made is not earned again, used or disabled', () => {
  expect(earn(3, [{}])).toBe(2)
  expect(earn(3, [{ isUsedUp: true }, { disabled: true }])).toBe(1)
  expect(earn(3, [{}, {}, {}])).toBe(0)
  expect(earn(3, [{}, {}, {}, {}])).toBe(0)
})

test('it never has more than five that can be used', () => {
  expect(earn(100, [{}, {}, {}, {}])).toBe(1)
  expect(earn(100, [{}, {}, {}, {}, {}])).toBe(0)
  expect(earn(100, [{ isUsedUp: true }, { disabled: true }, {}])).toBe(4)
  expect(earn(100, [{}, {}, {}, {}, {}, {}])).toBe(0)
})

test('days before the epoch do not count, and neither do the codes that were made before it', () => {
  const epoch = created + 2.5 * day
  const early = { createdAt: new Date(epoch), isUsedUp: true }
  expect(earn(2.9, [], epoch)).toBe(0)
  expect(earn(3, [], epoch)).toBe(1)
  expect(earn(6, [], epoch)).toBe(4)
  expect(earn(6, [early, early], epoch)).toBe(4)
  expect(earn(6, [{ ...early, createdAt: new Date(epoch + 1) }], epoch)).toBe(3)
})

test('an epoch to come earns nothing, and a clock that runs back neither', () => {
  expect(earn(6, [], created + 10 * day)).toBe(0)
  expect(earn(-6)).toBe(0)
})

test('an epoch before the account changes nothing', () => {
  expect(earn(3, [], created - 100.5 * day)).toBe(3)
})
