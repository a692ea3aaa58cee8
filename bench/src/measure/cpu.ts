import { readdirSync } from 'node:fs'
import type { ProcessKind, Side } from '../sides/side.ts'
import { processTree, readIfThere } from './process-tree.ts'

export type CpuMs = Partial<Record<ProcessKind, number>>

/** CPU time, in ms, that the processes of a side have used so far, those that have ended included. */
export function readCpu(side: Side): CpuMs {
  return Object.fromEntries([...side.processes()].map(([kind, pid]) => [kind, cpuOf(pid)]))
}

export function cpuSince(before: CpuMs, side: Side): CpuMs {
  const now = Object.entries(readCpu(side)) as [ProcessKind, number][]
  return Object.fromEntries(now.map(([kind, ms]) => [kind, ms - (before[kind] ?? 0)]))
}

export function total(cpu: CpuMs): number {
  return Object.values(cpu).reduce((sum, ms) => sum + ms, 0)
}

/**
 * `stat` counts whole ticks of 10 ms and knows threads that have ended; the scheduler's own account counts nanoseconds, of
 * threads that live. Both are lower bounds.
 */
export function cpuOf(root: number): number {
  return processTree([root]).reduce((sum, it) => sum + Math.max(it.ownMs, scheduledMs(it.pid)) + it.goneMs, 0)
}

function scheduledMs(pid: number): number {
  const folder = `/proc/${pid}/task`
  return threadsOf(folder).reduce((sum, thread) => {
    const ns = readIfThere(`${folder}/${thread}/schedstat`)?.split(' ')[0] ?? '0'
    return sum + Number(ns) / 1e6
  }, 0)
}

function threadsOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
