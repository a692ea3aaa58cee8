import { setTimeout as delay } from 'node:timers/promises'
import type { Chance } from '../chance.ts'
import type { Child } from '../child.ts'
import type { NemesisHouse } from './house.ts'

/** Something that befalls a part of the house for `ms`. Resolves when all is well again. */
export interface Mishap {
  readonly name: string
  /** What it befalls, one mishap at a time. */
  readonly part: object
  readonly msMin?: number
  readonly msMax: number
  befall(ms: number): Promise<void>
}

const pausedMsMax = 6_000
/** Long enough that a paused leader wakes up in another's term. */
const leaderPausedMsMin = 4_000
const absentMsMax = 2_000
const gapMsMin = 1_000
const gapMsMax = 3_000
const startMsMax = 60_000

/** Every mishap once, in an order of chance; each begins whether or not those before are over. Resolves when all are. */
export async function befallAll(
  mishaps: readonly Mishap[],
  { chance, log, signal }: { chance: Chance; log: string[]; signal: AbortSignal },
): Promise<void> {
  const parts = new Map<object, Promise<void>>()
  for (const mishap of shuffled(mishaps, chance)) {
    const { msMin = 0, msMax } = mishap
    const ms = msMin + chance.below(msMax - msMin)
    const gapMs = gapMsMin + chance.below(gapMsMax - gapMsMin)
    if (signal.aborted) break
    const before = parts.get(mishap.part) ?? Promise.resolve()
    const over = before.then(() => {
      log.push(`${new Date().toISOString()} ${mishap.name} for ${ms} ms`)
      return mishap.befall(ms)
    })
    over.catch(() => {})
    parts.set(mishap.part, over)
    await delay(gapMs)
  }
  await Promise.all(parts.values())
}

export function mishapsOf({ processes, postgres, redis }: NemesisHouse): Mishap[] {
  return [
    ...processes.flatMap((child) => [killed(child), paused(child)]),
    { name: 'Redis flushed', part: redis, msMax: 1, befall: () => redis.flush() },
    {
      name: 'Redis ended',
      part: redis,
      msMax: absentMsMax,
      async befall(ms) {
        redis.shut()
        await redis.flush()
        await delay(ms)
        redis.open()
      },
    },
    { name: 'Postgres crashed', part: postgres, msMax: 1, befall: () => postgres.restartAtOnce() },
  ]
}

function killed(child: Child): Mishap {
  return {
    name: `${child.name} killed with -9`,
    part: child,
    msMax: absentMsMax,
    async befall(ms) {
      await child.kill()
      await delay(ms)
      await startedAgain(child)
    },
  }
}

function paused(child: Child): Mishap {
  return {
    name: `${child.name} stopped`,
    part: child,
    msMin: child.name.startsWith('leader') ? leaderPausedMsMin : 0,
    msMax: pausedMsMax,
    async befall(ms) {
      child.pause()
      await delay(ms)
      child.resume()
    },
  }
}

/** As an orchestrator does it: a process that ends while what it needs is away is started again. */
async function startedAgain(child: Child): Promise<void> {
  const deadline = Date.now() + startMsMax
  for (;;) {
    try {
      return await child.start()
    } catch (error) {
      if (child.runs || Date.now() > deadline) throw error
    }
  }
}

function shuffled<T>(items: readonly T[], chance: Chance): T[] {
  const left = [...items]
  return items.flatMap(() => left.splice(chance.below(left.length), 1))
}
