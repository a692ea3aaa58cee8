import { expect, test } from 'vitest'
import { type Sample, summarise } from './summary.ts'

const sample = (values: Partial<Sample>): Sample => ({
  ops: 10,
  wallMs: 1_000,
  cpu: { node: 10 },
  latenciesMs: Float64Array.of(1),
  bytes: 0,
  memory: undefined,
  otherCores: 0,
  ...values,
})

test('one round that was disturbed does not count', () => {
  const rounds = [
    { node: 20, postgres: 10 },
    { node: 900, postgres: 400 },
    { node: 30, postgres: 20 },
  ]
  const { cpuMs, cpuMsOf } = summarise(rounds.map((cpu) => sample({ cpu })))
  expect(cpuMs).toBe(5)
  expect(cpuMsOf).toEqual({ node: 3, postgres: 2 })
})

test('of a hundred latencies the second longest is the 99th percentile', () => {
  const latenciesMs = Float64Array.from({ length: 100 }, (_, index) => 100 - index)
  const { p50Ms, p99Ms } = summarise([sample({ latenciesMs })])
  expect([p50Ms, p99Ms]).toEqual([50, 99])
})

test('memory that grows from round to round is seen', () => {
  const memory = [1, 2, 3].map((round) => ({ beforeMb: 100 * round, peakMb: 100 * round + 50 }))
  expect(summarise(memory.map((it) => sample({ memory: it }))).memoryGrowthMb).toBe(250)
})

test('what a line measures besides is the median of its rounds, too', () => {
  const rounds = [3, 900, 5].map((each) => sample({ figures: { each } }))
  expect(summarise(rounds).figures).toEqual({ each: 5 })
})
