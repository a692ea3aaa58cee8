import { cpus } from 'node:os'

/** CPU time, in ms, that this machine has spent on anything so far. */
export function machineCpuMs(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0)
}

/** That of this process: the load. */
export function loadCpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
