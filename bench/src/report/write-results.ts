import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'
import type { Measured } from '../run-case.ts'
import type { Row } from './table.ts'
import { writePage } from './write-page.ts'

const file = join(import.meta.dirname, '../../results/latest.json')

export interface Results {
  readonly startedAt: string
  readonly rounds: number
  readonly rows: readonly Row[]
  readonly lines: ReadonlyMap<string, Measured>
}

/** Keeps a whole run: all of it as JSON, its table in docs/performance.md. */
export function writeResults({ startedAt, rounds, rows, lines }: Results): void {
  const machine = machineNow()
  const commit = commitNow()
  const busiest = Math.max(...[...lines.values()].map(({ otherCores }) => otherCores))
  const results = { startedAt, commit, machine, rounds, rows, lines: Object.fromEntries(lines) }
  writeFileSync(file, `${JSON.stringify(results, (_, value) => rounded(value), 2)}\n`)
  const where = `${machine.cores} cores of ${machine.cpu}, Node ${machine.node}`
  const noise = `up to ${busiest.toFixed(1)} cores were busy with something else`
  const heading = `${startedAt.slice(0, 10)}, commit ${commit}, ${where}, medians of ${rounds} rounds; ${noise}.`
  writePage({ rows, heading })
}

function machineNow() {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'an unknown kind',
    cores: cpus().length,
    memoryMb: Math.round(totalmem() / 2 ** 20),
    node: process.version,
    loadAverageAtEnd: loadavg(),
  }
}

function commitNow(): string {
  return execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim()
}

function rounded(value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(5)) : value
}
