import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { fiveServices, oneProcess } from './house-kinds.ts'

/**
 * The tour is one shell script in the README's first `sh` block that begins with `HOUSE=`. It is run as printed, but for the
 * address of the house, and stops at the first command that fails.
 */
test.each([oneProcess, fiveServices])(
  'every command of the README tour works as printed: $name',
  async (kind) => {
    const readme = await readFile(join(import.meta.dirname, '../../README.md'), 'utf8')
    const tour = /```sh\n(HOUSE=[\s\S]*?)```/.exec(readme)?.[1] ?? ''
    expect(tour.match(/^curl /gm)?.length ?? 0).toBeGreaterThan(5)

    await using house = await kind.start()
    const script = tour
      .replace(/^HOUSE=.*$/m, `HOUSE=${house.url}`)
      .replaceAll(/^curl /gm, 'curl --fail-with-body ')
    const { stdout } = await promisify(execFile)('sh', ['-ec', script], { timeout: 60_000 })
    expect(stdout).toContain('"handle":"grey-heron.test"')
    expect(stdout).toContain('Hello from the heronry')
    expect(stdout).toContain('application/vnd.ipld.car')
  },
)
