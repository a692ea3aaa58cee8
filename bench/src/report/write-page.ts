import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Row, tableOf } from './table.ts'

const page = join(import.meta.dirname, '../../../docs/performance.md')
const begin = '<!-- bench -->\n'
const end = '<!-- /bench -->\n'

/** Puts the table of a whole run into the page that explains it. */
export function writePage({ rows, heading }: { rows: readonly Row[]; heading: string }): void {
  const text = readFileSync(page, 'utf8')
  const [before, rest] = [text.indexOf(begin) + begin.length, text.indexOf(end)]
  if (rest < before) throw new Error(`${page} has no place for the table`)
  writeFileSync(page, `${text.slice(0, before)}\n${heading}\n\n${tableOf(rows)}\n\n${text.slice(rest)}`)
}
