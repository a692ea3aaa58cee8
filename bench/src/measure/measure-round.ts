import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import type { Case, Work } from '../cases/case.ts'
import type { Answer, House } from '../load/house.ts'
import { inParallel } from '../load/in-parallel.ts'
import { cpuSince, readCpu, total } from './cpu.ts'
import { loadCpuMs, machineCpuMs } from './machine.ts'
import { residentMb, watchMemory } from './memory.ts'
import type { Sample } from './summary.ts'

/** What an operation leaves to be done (numbering of its event, background writes) counts for it. */
const tailMs = 250

/** One round of one side. The answers come back for comparison. */
export async function measureRound(
  { ops, inFlight, watchesMemory }: Case,
  { house, work }: { house: House; work: Work },
): Promise<{ sample: Sample; answers: Answer[] }> {
  await work.prepare?.()
  const answers: Answer[] = []
  const latenciesMs = new Float64Array(ops)
  const beforeMb = residentMb(house.side)
  const memory = watchesMemory ? watchMemory(house.side) : undefined
  const before = readCpu(house.side)
  const otherBefore = machineCpuMs() - loadCpuMs()
  const begin = performance.now()
  await inParallel({ count: ops, inFlight }, async (index) => {
    const sent = performance.now()
    answers[index] = await work.op(index)
    latenciesMs[index] = performance.now() - sent
  })
  const wallMs = performance.now() - begin
  await delay(tailMs)
  const cpu = cpuSince(before, house.side)
  const otherMs = machineCpuMs() - loadCpuMs() - otherBefore - total(cpu)
  const otherCores = Math.max(0, otherMs / (wallMs + tailMs))
  const bytes = answers.reduce((sum, answer) => sum + (answer.bytes ?? 0), 0)
  const peak = memory && { beforeMb, peakMb: memory.stop() }
  return { sample: { ops, wallMs, cpu, latenciesMs, bytes, memory: peak, otherCores }, answers }
}
