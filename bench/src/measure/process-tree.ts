import { readdirSync, readFileSync } from 'node:fs'

/** The fields of /proc/<pid>/stat that follow the command's name. */
interface ProcessStat {
  readonly pid: number
  readonly parent: number
  readonly ownMs: number
  /** Of children that have ended and were waited for. */
  readonly goneMs: number
}

const tickMs = 10

/** The roots and all that descends from them, by one look at /proc. */
export function processTree(roots: Iterable<number>): ProcessStat[] {
  const children = Map.groupBy(allProcesses(), ({ parent }) => parent)
  const byPid = new Map([...children.values()].flat().map((it) => [it.pid, it]))
  const found = [...roots].flatMap((pid) => byPid.get(pid) ?? [])
  // The list grows while it is walked.
  for (const { pid } of found) found.push(...(children.get(pid) ?? []))
  return found
}

function allProcesses(): ProcessStat[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readIfThere(`/proc/${name}/stat`)?.split('\n').slice(0, 1) ?? [])
    .map(parseStat)
}

function parseStat(line: string): ProcessStat {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  const number = (index: number) => Number(fields[index])
  return {
    pid: Number.parseInt(line, 10),
    parent: number(1),
    ownMs: (number(11) + number(12)) * tickMs,
    goneMs: (number(13) + number(14)) * tickMs,
  }
}

/** A process may end between the listing and the reading. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
