import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './launch.ts'

test('npm run soak with a word that no soak test has runs none, and names those there are', () => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'launcher/soak.mjs'), 'nothing'], {
    encoding: 'utf8',
  })
  expect(status).toBe(1)
  const [first, , ...files] = stderr.trimEnd().split('\n')
  expect(first).toContain('nothing')
  expect(files).toContain('test/acceptance/nemesis/nemesis.test.ts')
  expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([])
})
