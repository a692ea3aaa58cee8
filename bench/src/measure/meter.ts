import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import type { Side } from '../sides/side.ts'
import { cpuSince, readCpu, total } from './cpu.ts'
import { loadCpuMs, machineCpuMs } from './machine.ts'
import { residentMb, watchMemory } from './memory.ts'
import type { Sample } from './summary.ts'

/** What an operation leaves to be done (numbering of its event, background writes) counts for it. */
const tailMs = 250

export type Reading = Pick<Sample, 'wallMs' | 'cpu' | 'memory' | 'otherCores'>

/** Reads from now on what a side uses; `stop` when the last operation has been answered. */
export function startMeter(side: Side, { watchesMemory = false } = {}): { stop(): Promise<Reading> } {
  const beforeMb = residentMb(side)
  const memory = watchesMemory ? watchMemory(side) : undefined
  const before = readCpu(side)
  const otherBefore = machineCpuMs() - loadCpuMs()
  const begin = performance.now()
  return {
    stop: async () => {
      const wallMs = performance.now() - begin
      await delay(tailMs)
      const cpu = cpuSince(before, side)
      const otherMs = machineCpuMs() - loadCpuMs() - otherBefore - total(cpu)
      const otherCores = Math.max(0, otherMs / (wallMs + tailMs))
      return { wallMs, cpu, memory: memory && { beforeMb, peakMb: memory.stop() }, otherCores }
    },
  }
}
