import type { Side } from '../sides/side.ts'
import { processTree, readIfThere } from './process-tree.ts'

const everyMs = 20

/**
 * Resident memory in MB of all processes of a side. What Postgres shares between its backends (its own cache of pages, of a size
 * set beforehand) is left out: every backend would show it again.
 */
export function residentMb(side: Side): number {
  const kB = processTree(side.processes().values()).reduce((sum, { pid }) => {
    const status = readIfThere(`/proc/${pid}/status`) ?? ''
    return sum + field(status, 'RssAnon') + field(status, 'RssFile')
  }, 0)
  return kB / 1024
}

/** Looks again and again; `stop` says the highest seen. */
export function watchMemory(side: Side): { stop(): number } {
  let peakMb = residentMb(side)
  const timer = setInterval(() => {
    peakMb = Math.max(peakMb, residentMb(side))
  }, everyMs)
  return {
    stop: () => {
      clearInterval(timer)
      return Math.max(peakMb, residentMb(side))
    },
  }
}

function field(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
}
