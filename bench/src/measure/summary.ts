import { type CpuMs, total } from './cpu.ts'

/** One round of one side. */
export interface Sample {
  readonly ops: number
  readonly wallMs: number
  readonly cpu: CpuMs
  /** Of the operations; none where a round is no row of operations. */
  readonly latenciesMs?: Float64Array
  /** Of bodies that were counted. */
  readonly bytes?: number
  readonly memory: { beforeMb: number; peakMb: number } | undefined
  /** CPU of the machine that was used by neither the side nor the load. */
  readonly otherCores: number
  /** What else this line measures, by name. */
  readonly figures?: Readonly<Record<string, number>>
}

/** Medians over the rounds; the memory is the worst of all. */
export interface Summary {
  /** CPU-ms an operation, of all processes and of each kind. */
  readonly cpuMs: number
  readonly cpuMsOf: CpuMs
  readonly p50Ms: number
  readonly p99Ms: number
  readonly perSecond: number
  readonly mbPerSecond: number
  /** The highest memory of any round, above that before the first. */
  readonly memoryGrowthMb: number
  readonly figures: Readonly<Record<string, number>>
}

export function summarise(samples: readonly Sample[]): Summary {
  const of = (value: (sample: Sample) => number) => median(samples.map(value))
  const names = Object.keys(samples[0]?.figures ?? {})
  const kinds = Object.keys(samples[0]?.cpu ?? {}) as (keyof CpuMs)[]
  return {
    cpuMs: of(({ cpu, ops }) => total(cpu) / ops),
    cpuMsOf: Object.fromEntries(kinds.map((kind) => [kind, of(({ cpu, ops }) => (cpu[kind] ?? 0) / ops)])),
    p50Ms: of(({ latenciesMs = none }) => quantile(latenciesMs, 0.5)),
    p99Ms: of(({ latenciesMs = none }) => quantile(latenciesMs, 0.99)),
    perSecond: of(({ ops, wallMs }) => (ops * 1_000) / wallMs),
    mbPerSecond: of(({ bytes = 0, wallMs }) => bytes / 1e3 / wallMs),
    memoryGrowthMb: memoryGrowth(samples),
    figures: Object.fromEntries(names.map((name) => [name, of((it) => it.figures?.[name] ?? Number.NaN)])),
  }
}

const none = new Float64Array()

function memoryGrowth(samples: readonly Sample[]): number {
  const peaks = samples.flatMap(({ memory }) => memory?.peakMb ?? [])
  return peaks.length === 0 ? 0 : Math.max(...peaks) - (samples[0]?.memory?.beforeMb ?? 0)
}

function median(values: readonly number[]): number {
  return quantile(Float64Array.from(values), 0.5)
}

/** The smallest value that as large a part of all values does not exceed. */
export function quantile(values: Float64Array, part: number): number {
  return values.toSorted()[Math.max(0, Math.ceil(values.length * part) - 1)] ?? Number.NaN
}
