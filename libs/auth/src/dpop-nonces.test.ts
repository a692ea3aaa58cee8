import { afterEach, expect, test, vi } from 'vitest'
import { createDpopNonces } from './dpop-nonces.ts'

const minuteMs = 60_000
const secret = Buffer.alloc(32, 7)
afterEach(() => void vi.useRealTimers())

test('a nonce of one process is good for another that has given out none for long, for three minutes', () => {
  vi.useFakeTimers({ now: 30 * minuteMs })
  const [giver, taker] = [createDpopNonces(secret), createDpopNonces(secret)]
  vi.setSystemTime(1000 * minuteMs)
  const nonce = giver.next()
  for (const minute of [0, 1, 2]) {
    vi.setSystemTime((1000 + minute) * minuteMs + minuteMs - 1)
    expect(taker.check(nonce), `in minute ${minute}`).toBe(true)
  }
  vi.setSystemTime(1003 * minuteMs)
  expect(taker.check(nonce)).toBe(false)
  expect(createDpopNonces(Buffer.alloc(32, 8)).check(giver.next())).toBe(false)
})
