import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { fanOutPauseMsMax } from '../limits.ts'
import { FanOut, fanOutIntervalMs } from './fan-out.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

test('the first request is answered at once, and all that come in the pause after it by one turn', () => {
  let turns = 0
  const fanOut = new FanOut(() => {
    turns++
    vi.advanceTimersByTime(1)
  })
  fanOut.request()
  expect(turns).toBe(1)
  for (let request = 0; request < 3; request++) fanOut.request()
  vi.advanceTimersByTime(fanOutPauseMsMax - 2)
  expect(turns).toBe(1)
  vi.advanceTimersByTime(1)
  expect(turns).toBe(2)
  vi.advanceTimersByTime(1_000)
  expect(turns).toBe(2)
  fanOut.request()
  expect(turns).toBe(3)
})

test.each([
  [0.02, 2],
  [0.2, 20],
  [8, 20],
  [40, 100],
])('after a turn of %d ms the next begins %d ms after it at the earliest', (tookMs, intervalMs) => {
  expect(fanOutIntervalMs(tookMs)).toBeCloseTo(intervalMs)
})
