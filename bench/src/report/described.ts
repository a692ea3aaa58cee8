import type { Summary } from '../measure/summary.ts'
import type { Measured } from '../run-case.ts'

/** One line of progress: the CPU of both sides, ours by kind of process. */
export function described({ ours, reference }: Measured): string {
  const kinds = Object.entries(ours.cpuMsOf).map(([kind, ms]) => `${kind} ${ms.toFixed(2)}`)
  return `ours ${shown(ours)} (${kinds.join(', ')})${reference ? `, reference ${shown(reference)}` : ''}`
}

function shown({ cpuMs, p50Ms, p99Ms }: Summary): string {
  const latency = Number.isNaN(p50Ms) ? '' : `, p50 ${p50Ms.toFixed(1)} p99 ${p99Ms.toFixed(1)} ms`
  return `${cpuMs.toFixed(2)} CPU ms/op${latency}`
}
