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
    expect(revNumber(second)).toBe(revNumber(first) + 1024n)
  })

  test('carries the clock id of its process, also where it follows one of another', () => {
    const [clock, behind] = [{ now: () => 2_000_000_000_000 }, { now: () => 1_000_000_000_000 }]
    const ours = revNumber(nextRev(clock)) % 1024n
    const theirs = revOf(revNumber(nextRev(clock)) ^ 5n)
    const next = nextRev(behind, theirs)
    expect(revNumber(next) % 1024n).toBe(ours)
    expect(next > theirs).toBe(true)
  })

  test('is refused where it is no TID', () => {
    expect(parseRev('3jzfcijpj2z2a')).toBe('3jzfcijpj2z2a')
    expect(() => parseRev('not-a-tid')).toThrow(/TID/)
  })
})
