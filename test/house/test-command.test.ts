import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './launch.ts'

const passing = `test('passes', () => {})`
const failing = `test('fails', () => { throw new Error('as it should') })`
const skipped = `test.skip('is skipped', () => {})`
const broken = `import './nowhere.mjs'\n${passing}`

test('npm test ends with the counts', async () => {
  expect(await runTests({ files: [passing, passing] })).toEqual({ line: '2 passed, 0 failed', code: 0 })
})

test('npm test fails when a test fails, and when a file cannot be loaded', async () => {
  const { line, code } = await runTests({ files: [passing, failing, broken] })
  expect(line).toBe('1 passed, 2 failed')
  expect(code).not.toBe(0)
})

test('a skipped test is one that failed where CI=true', async () => {
  const files = [passing, skipped]
  expect(await runTests({ files })).toEqual({ line: '1 passed, 0 failed', code: 0 })
  expect(await runTests({ files, env: { CI: 'true' } })).toEqual({ line: '1 passed, 1 failed', code: 1 })
})

test('a run that never comes to its tests has failed', async () => {
  const { line, code } = await runTests({ files: [passing], args: ['--no-such-option'] })
  expect(line).toBe('0 passed, 1 failed')
  expect(code).not.toBe(0)
})

interface Run {
  files: string[]
  env?: Record<string, string>
  args?: string[]
}

async function runTests({ files, env = {}, args = [] }: Run): Promise<{ line: string; code: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'heronry-counts-'))
  try {
    for (const [index, text] of files.entries()) await writeFile(join(folder, `${index}.test.mjs`), text)
    await writeFile(join(folder, 'vitest.config.mjs'), 'export default { test: { globals: true } }')
    const { CI, VITEST, ...inherited } = process.env
    return await new Promise((resolve) => {
      const command = [join(root, 'launcher/test.mjs'), '--root', folder, ...args]
      const options = { env: { ...inherited, ...env } }
      execFile(process.execPath, command, options, (error, stdout) => {
        const code = error === null ? 0 : Number(error.code)
        resolve({ line: stdout.trimEnd().split('\n').at(-1) ?? '', code })
      })
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
