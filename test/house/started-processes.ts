import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { until } from './until.ts'

export interface StartedProcess {
  pid: number
  /** Program and arguments as they are shown. */
  command: string
}

/** How to know the processes of one start from all others of the machine. */
export interface Traces {
  /** The value of `markVariable` in the environment that every child inherits. */
  readonly mark: string
  /** Where its servers work; Postgres and Redis write their titles over their environment. */
  readonly folder: string
}

export const markVariable = 'OTEL_TEST_MARK'

/** Every living process of a start. */
export function startedProcesses(traces: Traces): StartedProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && bears(name, traces))
    .map((name) => ({ pid: Number(name), command: commandOf(name) }))
    .filter(({ command }) => command !== '')
}

function bears(name: string, { mark, folder }: Traces): boolean {
  const environment = orEmpty(() => readFileSync(`/proc/${name}/environ`, 'utf8'))
  if (environment.split('\0').includes(`${markVariable}=${mark}`)) return true
  return orEmpty(() => readlinkSync(`/proc/${name}/cwd`)).startsWith(folder)
}

/** Empty for a process that has ended and whose parent has not noticed yet. */
function commandOf(name: string): string {
  return orEmpty(() => readFileSync(`/proc/${name}/cmdline`, 'utf8'))
    .replaceAll('\0', ' ')
    .trim()
}

export async function untilNoneIsLeft(traces: Traces, timeoutMs = 10_000): Promise<void> {
  await until(() => startedProcesses(traces).length === 0, {
    timeoutMs,
    otherwise: () => `still running: ${JSON.stringify(startedProcesses(traces), null, 1)}`,
  })
}

/** Kills with -9 what was started and matches, and nothing else. */
export function killStarted(traces: Traces, matching: (command: string) => boolean = () => true): void {
  for (const { pid, command } of startedProcesses(traces)) {
    if (matching(command)) orEmpty(() => String(process.kill(pid, 'SIGKILL')))
  }
}

/** A process may end while it is looked at. */
function orEmpty(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}
