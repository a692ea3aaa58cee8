import type { Summary } from '../measure/summary.ts'

/** What both sides did in one line. The reference is absent when only ours is run. */
export interface Outcome {
  readonly ours: Summary
  readonly reference: Summary | undefined
}

/** One number of a line, and the promise about it, if there is one. */
export interface Measure {
  readonly label: string
  of(summary: Summary): number
  readonly target?: Target
}

export interface Target {
  readonly says: string
  /** Undefined where what it needs has not been measured. */
  met(outcome: Outcome, byCase: ReadonlyMap<string, Outcome>): boolean | undefined
}

/** CPU of all processes; at most that part of what the reference needs. */
export function cpu(part?: number): Measure {
  return { label: 'CPU ms/op', of: ({ cpuMs }) => cpuMs, ...atMostPart(part, ({ cpuMs }) => cpuMs) }
}

export function p50(part?: number): Measure {
  return { label: 'p50 ms', of: ({ p50Ms }) => p50Ms, ...atMostPart(part, ({ p50Ms }) => p50Ms) }
}

/** How many operations one core's worth of CPU would do in a second. */
export const perCore: Measure = { label: 'ops/s per core', of: ({ cpuMs }) => 1_000 / cpuMs }

export const perSecond: Measure = { label: 'ops/s', of: (summary) => summary.perSecond }

export function p99({ atMostMs }: { atMostMs: number }): Measure {
  const target = { says: `≤ ${atMostMs} ms`, met: ({ ours }: Outcome) => ours.p99Ms <= atMostMs }
  return { label: 'p99 ms', of: ({ p99Ms }) => p99Ms, target }
}

export function throughput(times: number): Measure {
  const of = ({ mbPerSecond }: Summary) => mbPerSecond
  const met = ({ ours, reference }: Outcome) => reference && of(ours) >= times * of(reference)
  return { label: 'MB/s', of, target: { says: `≥ ${times}×`, met } }
}

export function memoryGrowth({ atMostMb }: { atMostMb?: number } = {}): Measure {
  const measure = { label: 'RSS growth MB', of: ({ memoryGrowthMb }: Summary) => memoryGrowthMb }
  if (atMostMb === undefined) return measure
  const met = ({ ours }: Outcome) => ours.memoryGrowthMb <= atMostMb
  return { ...measure, target: { says: `≤ ${atMostMb} MB`, met } }
}

/** CPU of ours, against ours in another line. */
export function cpuBeside(other: string, times: number): Measure {
  const met: Target['met'] = ({ ours }, byCase) => {
    const beside = byCase.get(other)
    return beside && ours.cpuMs <= times * beside.ours.cpuMs
  }
  return {
    label: 'CPU ms/op',
    of: ({ cpuMs }) => cpuMs,
    target: { says: `≤ ${times}× of our ${other}`, met },
  }
}

/** What the line measures beside what all do. */
export function figure(name: string, target?: Target): Measure {
  return { label: name, of: ({ figures }) => figures[name] ?? Number.NaN, ...(target && { target }) }
}

/** At most that part of what the reference needs. */
export function figureAtMost(name: string, part: number): Measure {
  const plain = figure(name)
  return { ...plain, ...atMostPart(part, plain.of) }
}

/** At least so many times what the reference does. */
export function figureTimes(name: string, times: number): Measure {
  const plain = figure(name)
  const met: Target['met'] = ({ ours, reference }) =>
    reference && plain.of(ours) >= times * plain.of(reference)
  return { ...plain, target: { says: `≥ ${times}×`, met } }
}

function atMostPart(part: number | undefined, of: Measure['of']): { target?: Target } {
  if (part === undefined) return {}
  const met = ({ ours, reference }: Outcome) => reference && of(ours) <= part * of(reference)
  return { target: { says: `≤ 1/${Math.round(1 / part)}`, met } }
}
