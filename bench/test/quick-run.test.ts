import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const main = join(import.meta.dirname, '../src/main.ts')

// The bench reads CPU and memory from /proc.
test.runIf(process.platform === 'linux')('one quick line of our side alone runs to its table', async () => {
  const args = [main, '--quick', '--alone', 'createRecord-16']
  const { stdout } = await promisify(execFile)(process.execPath, args)
  expect(stdout).toMatch(/^\| createRecord-16 +\| CPU ms\/op +\| +\d/m)
  expect(stdout).not.toContain('Does not count')
})
