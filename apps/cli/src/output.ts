import type { Terminal } from './terminal.ts'

export interface Output {
  /** `value` as JSON where --json says so, else as `human` writes it. */
  data(value: unknown, human: () => string): void
  /** To standard error. */
  note(message: string): void
}

export function createOutput({ stdout, stderr }: Terminal, { json }: { json: boolean }): Output {
  return {
    data: (value, human) => void stdout.write(`${json ? JSON.stringify(value, null, 2) : human()}\n`),
    note: (message) => void stderr.write(`${message}\n`),
  }
}

export type Cell = string | number | boolean | undefined

/** Columns as wide as their widest cell; a row is one line. */
export function table(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const lines = [header, ...rows].map((row) => row.map(oneLine))
  const widths = header.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)))
  return lines
    .map((line) =>
      line
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** One `name  value` a line. */
export function fields(values: Readonly<Record<string, Cell>>): string {
  const width = Math.max(...Object.keys(values).map((name) => name.length))
  return Object.entries(values)
    .map(([name, value]) => `${name.padEnd(width)}  ${oneLine(value)}`.trimEnd())
    .join('\n')
}

/** What the house answers may not drive the terminal. */
function oneLine(cell: Cell): string {
  return String(cell ?? '').replace(/\p{Cc}/gu, '\u{fffd}')
}
