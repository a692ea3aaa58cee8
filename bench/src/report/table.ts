import type { Case } from '../cases/case.ts'
import type { Measured } from '../run-case.ts'

/** One number of one line, as it is shown and kept. */
export interface Row {
  readonly line: string
  readonly measure: string
  readonly ours: number
  readonly reference: number | undefined
  /** Ours as a part of the reference's. */
  readonly ratio: number | undefined
  readonly target: string | undefined
  readonly met: boolean | undefined
}

export function rowsOf(it: Case, lines: ReadonlyMap<string, Measured>): Row[] {
  const measured = lines.get(it.name)
  if (measured === undefined) return []
  return it.measures.map(({ label, of, target }) => {
    const ours = of(measured.ours)
    const reference = measured.reference && of(measured.reference)
    return {
      line: it.name,
      measure: label,
      ours,
      reference,
      ratio: reference === undefined ? undefined : ours / reference,
      target: target?.says,
      met: measured.problem === undefined ? target?.met(measured, lines) : false,
    }
  })
}

/** Of a line that came to no end. */
export function failedRow({ name }: Case): Row {
  const nothing = { reference: undefined, ratio: undefined, target: undefined }
  return { line: name, measure: 'failed', ours: Number.NaN, ...nothing, met: false }
}

const heads = ['line', 'measure', 'ours', 'reference', 'ratio', 'target', 'met'] as const

/** Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const cells = [heads, heads.map((name) => '-'.repeat(name.length)), ...rows.map(cellsOf)]
  const widths = heads.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  return cells
    .map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`)
    .join('\n')
}

function cellsOf({ line, measure, ours, reference, ratio, target, met }: Row): string[] {
  const verdict = met === undefined ? '' : met ? 'yes' : 'NO'
  return [line, measure, shown(ours), shown(reference), shown(ratio), target ?? '', verdict]
}

/** Three digits that count. */
function shown(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return ''
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}
