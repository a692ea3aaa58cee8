import { writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'
import type { Measured } from '../run-case.ts'
import type { Row } from './table.ts'

const file = join(import.meta.dirname, '../../results/latest.json')

export interface Results {
  readonly startedAt: string
  readonly rounds: number
  readonly rows: readonly Row[]
  readonly lines: ReadonlyMap<string, Measured>
}

/** The one result that is kept: of a whole run. */
export function writeResults({ startedAt, rounds, rows, lines }: Results): string {
  const [cpu] = cpus()
  const machine = { cpu: cpu?.model, cores: cpus().length, memoryMb: Math.round(totalmem() / 2 ** 20) }
  const results = {
    startedAt,
    endedAt: new Date().toISOString(),
    machine: { ...machine, node: process.version, loadAverageAtEnd: loadavg() },
    reference: '@atproto/pds 0.5.35',
    rounds,
    rows,
    lines: Object.fromEntries(lines),
  }
  writeFileSync(file, `${JSON.stringify(results, (_, value) => rounded(value), 2)}\n`)
  return file
}

function rounded(value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(5)) : value
}
