import { describe, expect, test } from 'vitest'
import { nextRev, parseRev, revNumber, revOf } from './rev.ts'

describe('a revision', () => {
  test('sorts as text the way its numbers do', () => {
    const numbers = [0n, 1n, 31n, 32n, 1n << 40n, (1n << 62n) - 1n]
    expect(numbers.map(revOf).sort()).toEqual(numbers.map(revOf))
    expect(numbers.map(revOf).map(revNumber)).toEqual(numbers)
  })

  test('grows although the clock is set back', () => {
    const first = nextRev({ now: () => 2_000_000_000_000 })
    const second = nextRev({ now: () => 1_000_000_000_000 }, first)
    expect(revNumber(second)).toBe(revNumber(first) + 1n)
  })

  test('is refused where it is no TID', () => {
    expect(parseRev('3jzfcijpj2z2a')).toBe('3jzfcijpj2z2a')
    expect(() => parseRev('not-a-tid')).toThrow(/TID/)
  })
})
