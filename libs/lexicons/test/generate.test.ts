import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { generate } from '../scripts/generate.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heronry-lexicons-'))
  await mkdir(join(folder, 'own/host/heronry/test'), { recursive: true })
  await writeFile(join(folder, 'own/host/heronry/test/ping.json'), JSON.stringify(ping))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const options = () => ({
  own: join(folder, 'own'),
  target: join(folder, 'generated'),
  workshop: join(folder, 'workshop'),
  included: /^com\.atproto\./,
})

test('code is made of the published documents and our own; again only when a document changed', async () => {
  expect(await generate(options())).toBe(true)
  expect(await readFile(join(folder, 'generated/index.ts'), 'utf8')).toContain('./host.ts')
  expect(await readdir(join(folder, 'generated/com/atproto'))).toContain('server.ts')
  expect(await generate(options())).toBe(false)

  await writeFile(
    join(folder, 'own/host/heronry/test/ping.json'),
    JSON.stringify({ ...ping, description: 'x' }),
  )
  expect(await generate(options())).toBe(true)
  expect(await readdir(join(folder, 'workshop'))).toEqual([])
})

test('two at once, over the leftovers of one that was killed, leave one whole tree', async () => {
  const leftover = join(folder, 'workshop/bench-killed')
  await mkdir(leftover, { recursive: true })
  await utimes(leftover, 0, 0)
  await mkdir(join(folder, 'generated'))
  await writeFile(join(folder, 'generated/half.ts'), 'of an older run')

  await Promise.all([generate(options()), generate(options())])
  expect(await readdir(join(folder, 'generated'))).not.toContain('half.ts')
  expect(await readdir(join(folder, 'generated'))).toContain('index.ts')
  expect(await readdir(join(folder, 'workshop'))).toEqual([])
  expect(await generate(options())).toBe(false)
})

const ping = {
  lexicon: 1,
  id: 'host.heronry.test.ping',
  defs: {
    main: {
      type: 'query',
      output: { encoding: 'application/json', schema: { type: 'object', properties: {} } },
    },
  },
}
