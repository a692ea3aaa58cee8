import { setTimeout as delay } from 'node:timers/promises'

/** Waits until `condition` holds, asking every 10 ms; throws after `deadlineMs`. */
export async function until(condition: () => Promise<boolean>, deadlineMs = 10_000): Promise<void> {
  const deadline = performance.now() + deadlineMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('The condition did not come true')
    await delay(10)
  }
}
