import { type Terminal, write } from './terminal.ts'

/** What is known page by page: not held in memory, and shown while the rest is on its way. */
export interface Rows<T> {
  readonly header: readonly string[]
  readonly pages: AsyncIterable<readonly T[]>
  cells(item: T): readonly Cell[]
}

export interface Output {
  /** `value` as JSON where --json says so, else as `human` writes it. */
  data(value: unknown, human: () => string): Promise<void>
  /** One JSON list, or one table; asks for no page that nobody reads. */
  rows<T>(rows: Rows<T>): Promise<void>
  /** To standard error. */
  note(message: string): void
}

export function createOutput({ stdout, stderr }: Terminal, { json }: { json: boolean }): Output {
  return {
    data: (value, human) => write(stdout, `${json ? JSON.stringify(value, null, 2) : human()}\n`),
    rows: async (rows) => {
      for await (const text of json ? jsonList(rows) : growingTable(rows)) await write(stdout, text)
    },
    note: (message) => void stderr.write(`${message}\n`),
  }
}

/** What `JSON.stringify` with an indent of two makes of all items. */
async function* jsonList<T>({ pages }: Rows<T>): AsyncGenerator<string> {
  let isFirst = true
  for await (const items of pages) {
    for (const item of items) {
      yield `${isFirst ? '[' : ','}\n  ${JSON.stringify(item, null, 2).replaceAll('\n', '\n  ')}`
      isFirst = false
    }
  }
  yield isFirst ? '[]\n' : '\n]\n'
}

async function* growingTable<T>({ header, pages, cells }: Rows<T>): AsyncGenerator<string> {
  const append = createTable(header)
  let isFirst = true
  for await (const items of pages) {
    if (isFirst || items.length > 0) yield `${append(items.map(cells))}\n`
    isFirst = false
  }
}

export type Cell = string | number | boolean | undefined

/** Columns as wide as their widest cell; a row is one line. */
export function table(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return createTable(header)(rows)
}

/** The lines of more rows, the first time below the header. Columns are as wide as the widest cell so far. */
function createTable(header: readonly string[]): (rows: readonly (readonly Cell[])[]) => string {
  const widths = header.map(() => 0)
  let head = [header]
  return (rows) => {
    const lines = [...head, ...rows].map((row) => row.map(oneLine))
    head = []
    for (const line of lines) {
      for (const [at, cell] of line.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length)
    }
    return lines.map((line) => lineOf(line, widths)).join('\n')
  }
}

function lineOf(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, at) => cell.padEnd(widths[at] ?? 0))
    .join('  ')
    .trimEnd()
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
