import { expect, test } from 'vitest'
import { WakeUp } from './wake-up.ts'

const hourMs = 3_600_000
const never = new AbortController().signal

test('a wake-up before the wait is not lost', async () => {
  const wakeUp = new WakeUp()
  wakeUp.notify()
  await wakeUp.wait(hourMs, never)
})

test('a wake-up ends the wait, and many of them are one', async () => {
  const wakeUp = new WakeUp()
  const waiting = wakeUp.wait(hourMs, never)
  wakeUp.notify()
  wakeUp.notify()
  await waiting
  let ended = false
  const again = wakeUp.wait(30, never).then(() => {
    ended = true
  })
  await Promise.resolve()
  expect(ended).toBe(false)
  await again
})

test('an abort ends the wait, also one that came before', async () => {
  const stopping = new AbortController()
  const wakeUp = new WakeUp()
  const waiting = wakeUp.wait(hourMs, stopping.signal)
  stopping.abort()
  await waiting
  await wakeUp.wait(hourMs, stopping.signal)
})
