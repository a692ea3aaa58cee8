import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { root } from './planted-tree.ts'

test('dependency-cruiser reads every source file that git lists', () => {
  const listed = execFileSync('git', ['ls-files', 'libs/**/*.ts', 'services/**/*.ts'], {
    cwd: root,
    encoding: 'utf8',
  })
  const args = [
    'libs',
    'services',
    '--config',
    '.dependency-cruiser.mjs',
    '--output-type',
    'json',
    '--no-cache',
  ]
  const report = JSON.parse(
    execFileSync(process.execPath, ['node_modules/.bin/depcruise', ...args], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    }),
  )
  const cruised = new Set(report.modules.map((module: { source: string }) => module.source))
  expect(listed.split('\n').filter((path) => path !== '' && !cruised.has(path))).toEqual([])
})
