import { expect, test } from 'vitest'
import { retryDelaysMs } from './limits.ts'
import { retryDelay } from './retry-delay.ts'

test('each wait is that of the schedule, a fifth more or less, and no two are alike; after the last there is none', () => {
  retryDelaysMs.forEach((delayMs, index) => {
    const waits = Array.from({ length: 100 }, () => retryDelay(retryDelaysMs, index + 1) ?? 0)
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(delayMs * 0.8)
    expect(Math.max(...waits)).toBeLessThanOrEqual(delayMs * 1.2)
    expect(new Set(waits).size).toBeGreaterThan(90)
  })
  expect(retryDelay(retryDelaysMs, retryDelaysMs.length + 1)).toBeNull()
})
