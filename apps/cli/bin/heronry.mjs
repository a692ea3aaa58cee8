#!/usr/bin/env node
import { spawnSync } from 'node:child_process'
import { enableCompileCache } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// The command runs under Node 24; where the one that was found is older, under the one that the lockfile pins.
const home = dirname(dirname(fileURLToPath(import.meta.url)))
if (Number(process.versions.node.split('.')[0]) >= 24) {
  enableCompileCache()
  await import('../src/main.ts')
} else {
  const node24 = join(home, '../../node_modules/.bin/node')
  const { status, error } = spawnSync(node24, [join(home, 'src/main.ts'), ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  if (error) process.stderr.write(`Node 24 is needed: npm install (${error.message})\n`)
  process.exitCode = status ?? 1
}
