import { PassThrough, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { createOutput, fields, table } from './output.ts'

const items = [
  { name: 'ada', birds: ['heron'] },
  { name: 'a bird of a long name', birds: [] },
]

test.each([
  ['none', []],
  ['one empty page', [[]]],
  ['two pages', items.map((item) => [item])],
  ['a page of two', [items]],
])('a list of %s is the JSON of all its items', async (_, pages) => {
  expect(await printed(pages, { json: true })).toBe(`${JSON.stringify(pages.flat(), null, 2)}\n`)
})

test('a table has one header, and columns that fit what came so far', async () => {
  expect(await printed(items.map((item) => [item]))).toBe(
    ['NAME  BIRDS', 'ada   heron', 'a bird of a long name', ''].join('\n'),
  )
  expect(await printed([items])).toMatch(/^NAME {19}BIRDS\nada {20}heron\n/)
  expect(await printed([[]])).toBe('NAME  BIRDS\n')
})

test('no page is asked for that nobody reads', async () => {
  let asked = 0
  const pages = async function* () {
    for (;;) {
      asked++
      yield items
    }
  }
  for (const json of [true, false]) {
    const output = createOutput(terminalOf(failing('EPIPE')), { json })
    await expect(output.rows({ header: [], pages: pages(), cells: () => [] })).rejects.toThrow('')
  }
  expect(asked).toBe(2)
})

test('an output that is full is said', async () => {
  const output = createOutput(terminalOf(failing('ENOSPC')), { json: false })
  await expect(output.data(1, () => '1')).rejects.toMatchObject({ reason: 'failure', message: /ENOSPC/ })
})

test('what the house answers does not drive the terminal', () => {
  expect(table(['A'], [['\u001b[2J\nx']])).toBe('A\n\u{fffd}[2J\u{fffd}x')
  expect(fields({ a: '\u001b\r' })).toBe('a  \u{fffd}\u{fffd}')
})

async function printed(pages: readonly (typeof items)[], { json = false } = {}): Promise<string> {
  const stdout = new PassThrough()
  const all = text(stdout)
  const output = createOutput(terminalOf(stdout), { json })
  await output.rows({
    header: ['NAME', 'BIRDS'],
    pages: inTurn(pages),
    cells: (it) => [it.name, ...it.birds],
  })
  stdout.end()
  return all
}

async function* inTurn<T>(all: readonly T[]): AsyncGenerator<T> {
  yield* all
}

/** As the standard output of a pipe that is closed, or a disk that is full; it may be written to again. */
function failing(code: string): Writable {
  const write = (_chunk: unknown, _encoding: unknown, done: (error: Error) => void) =>
    done(Object.assign(new Error(code), { code }))
  return new Writable({ write }).on('error', () => {})
}

function terminalOf(stdout: Writable) {
  return { env: {}, stdin: new PassThrough(), stdout, stderr: new PassThrough() }
}
