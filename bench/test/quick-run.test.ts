import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const main = join(import.meta.dirname, '../src/main.ts')

// The bench reads CPU and memory from /proc.
test.runIf(process.platform === 'linux')('quick lines of our side alone run to their table', async () => {
  const lines = ['createRecord-16', 'createSession', 'getSession-fresh', 'frames-100', 'fanOut-10']
  const args = [main, '--quick', '--alone', ...lines]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  for (const line of lines) expect(stdout).toMatch(new RegExp(`^\\| ${line} +\\| CPU [^|]+\\| +-?\\d`, 'm'))
  expect(stdout).not.toContain('Does not count')
})
