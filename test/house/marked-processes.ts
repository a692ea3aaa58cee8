import { readdirSync, readFileSync } from 'node:fs'
import { until } from './until.ts'

export interface MarkedProcess {
  pid: number
  command: string
}

/**
 * Every living process that has inherited the mark: what a start has left behind, and proof that the environment reached it.
 * What a test starts has a mark of its own in its environment.
 */
export function processesMarked(mark: string): MarkedProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const environment = readOr('', `/proc/${name}/environ`)
      if (!environment.split('\0').includes(`${markVariable}=${mark}`)) return []
      return [
        { pid: Number(name), command: readOr('', `/proc/${name}/cmdline`).replaceAll('\0', ' ').trim() },
      ]
    })
    .filter(({ command }) => command !== '')
}

export const markVariable = 'OTEL_TEST_MARK'

export async function untilNoneMarked(mark: string, timeoutMs = 10_000): Promise<void> {
  await until(() => processesMarked(mark).length === 0, {
    timeoutMs,
    otherwise: () => `still running: ${JSON.stringify(processesMarked(mark), null, 1)}`,
  })
}

/** Kills what is marked and matches, and nothing else. */
export function killMarked(mark: string, matching: (command: string) => boolean = () => true): void {
  for (const { pid, command } of processesMarked(mark)) {
    if (matching(command)) kill(pid)
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}

/** A process may end while its files are read. */
function readOr(otherwise: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return otherwise
  }
}
