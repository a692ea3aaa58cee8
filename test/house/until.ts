import { setTimeout as delay } from 'node:timers/promises'

interface Deadline {
  timeoutMs: number
  /** What to say when the condition has not come true. */
  otherwise: () => string
}

export async function until(condition: () => boolean | Promise<boolean>, deadline: Deadline): Promise<void> {
  const end = Date.now() + deadline.timeoutMs
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(deadline.otherwise())
    await delay(50)
  }
}
