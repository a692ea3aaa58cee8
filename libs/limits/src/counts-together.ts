import type { Redis } from 'ioredis'
import { countsTogetherMax } from './limits.ts'

type Answer = (error: unknown, counted?: [consumed: number, ttlMs: number]) => void

interface Count {
  readonly key: string
  readonly points: number
  readonly windowS: number
  readonly answer: Answer
}

/** Per key: begins a window where there is none, adds the points, and answers the sum and what is left of the window. */
const script = `
local answers = {}
for i, key in ipairs(KEYS) do
  local windowS = ARGV[2 * i]
  redis.call('SET', key, 0, 'EX', windowS, 'NX')
  local consumed = redis.call('INCRBY', key, ARGV[2 * i - 1])
  local ttlMs = redis.call('PTTL', key)
  if ttlMs == -1 then
    redis.call('EXPIRE', key, windowS)
    ttlMs = 1000 * windowS
  end
  answers[2 * i - 1] = consumed
  answers[2 * i] = ttlMs
end
return answers`

/**
 * Redis as rate-limiter-flexible asks it, which counts by the command `rlflxIncr` where a client has it: all counts of one turn of the event
 * loop are one command. A call has up to three limits, and a busy house many calls a turn.
 *
 * A command that fails fails all its counts. Not for a Redis Cluster: the keys of one script would have to be of one slot.
 */
export class CountsTogether {
  readonly #redis: Redis & { countTogether?(...args: (string | number)[]): Promise<number[]> }
  #waiting: Count[] = []

  constructor(redis: Redis) {
    this.#redis = redis
    redis.defineCommand('countTogether', { lua: script })
  }

  rlflxIncr(key: string, points: number, windowS: number, answer: Answer): void {
    this.#waiting.push({ key, points, windowS, answer })
    if (this.#waiting.length === 1) setImmediate(() => this.#send())
    else if (this.#waiting.length === countsTogetherMax) this.#send()
  }

  /** Asked for before every count, and used for none that has a window: ioredis would make a pipeline each time. */
  multi(): undefined {}

  del(key: string, answer: (error: unknown, count?: number) => void): void {
    this.#redis.del(key, answer)
  }

  #send(): void {
    const counts = this.#waiting
    this.#waiting = []
    if (counts.length === 0) return
    const keys = counts.map(({ key }) => key)
    const args = counts.flatMap(({ points, windowS }) => [points, windowS])
    this.#redis.countTogether?.(keys.length, ...keys, ...args).then(
      (answers) => {
        for (const [index, { answer }] of counts.entries()) {
          answer(null, [answers[2 * index] as number, answers[2 * index + 1] as number])
        }
      },
      (error: unknown) => {
        for (const { answer } of counts) answer(error)
      },
    )
  }
}
