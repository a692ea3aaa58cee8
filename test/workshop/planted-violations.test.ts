import { describe, expect, test } from 'vitest'
import { plantTree } from './planted-tree.ts'

const cruise = ['apps', 'libs', 'services', '--config', '.dependency-cruiser.mjs']

describe('dependency-cruiser', () => {
  test('lets a package import what stands left of it', async () => {
    await using tree = await plantTree({
      'libs/core/src/did.ts': 'export const did = 1\n',
      'services/api/src/app.ts': "import { did } from '@heronry/core/did'\nexport const app = did\n",
    })
    expect(await tree.run('depcruise', ...cruise)).toMatchObject({ code: 0 })
  })

  test.each([
    ['a value', "import { engine } from '@heronry/repo/engine'\nexport const did = engine\n"],
    ['a type', "import type { Engine } from '@heronry/repo/engine'\nexport type Did = Engine\n"],
  ])('refuses %s imported from the right', async (_kind, text) => {
    await using tree = await plantTree({
      'libs/core/src/did.ts': text,
      'libs/repo/src/engine.ts': 'export const engine = 1\nexport type Engine = number\n',
    })
    const { code, output } = await tree.run('depcruise', ...cruise)
    expect(output).toContain('layer-core')
    expect(code).not.toBe(0)
  })

  test('refuses a cycle', async () => {
    await using tree = await plantTree({
      'libs/core/src/a.ts': "import { b } from './b.ts'\nexport const a = () => b\n",
      'libs/core/src/b.ts': "import { a } from './a.ts'\nexport const b = () => a\n",
    })
    expect((await tree.run('depcruise', ...cruise)).output).toContain('no-cycle')
  })

  test.each([
    ['libs/blobs/src/a.ts', 'ioredis', 'only-in-ioredis'],
    ['libs/accounts/src/a.ts', 'fastify', 'only-in-fastify'],
  ])('keeps %s from knowing %s', async (path, module, rule) => {
    await using tree = await plantTree({ [path]: `import * as it from '${module}'\nexport const a = it\n` })
    expect((await tree.run('depcruise', ...cruise)).output).toContain(rule)
  })

  test('refuses config outside main and a service that imports another', async () => {
    await using tree = await plantTree({
      'libs/config/src/config.ts': 'export const config = 1\n',
      'services/email/src/app.ts':
        "import { config } from '@heronry/config/config'\nexport const app = config\n",
      'services/api/src/app.ts': "import { app } from '@heronry/email/app'\nexport const api = app\n",
    })
    const { output } = await tree.run('depcruise', ...cruise)
    expect(output).toContain('config-only-from-main')
    expect(output).toContain('services-meet-in-standalone-only')
  })
})

test('keeps an app from opening what is the house’s own', async () => {
  await using tree = await plantTree({
    'libs/db/src/database.ts': 'export const db = 1\n',
    'apps/cli/src/a.ts': "import { db } from '@heronry/db/database'\nexport const a = db\n",
  })
  expect((await tree.run('depcruise', ...cruise)).output).toContain('apps-ask-over-http')
})

describe('biome', () => {
  test.each([
    [
      'a file of more than 400 lines',
      'noExcessiveLinesPerFile',
      `export let a = 1\n${'a += 1\n'.repeat(400)}`,
    ],
    [
      'a function of more than 70 lines',
      'noExcessiveLinesPerFunction',
      `export function long(a: number): number {\n${'  a += 1\n'.repeat(71)}  return a\n}\n`,
    ],
    ['a default export', 'noDefaultExport', 'const a = 1\nexport default a\n'],
  ])('refuses %s', async (_what, rule, text) => {
    await using tree = await plantTree({ 'libs/core/src/planted.ts': text })
    const { code, output } = await tree.run('biome', 'lint', '--vcs-enabled=false', 'libs')
    expect(output).toContain(rule)
    expect(code).not.toBe(0)
  })
})

test('the type-check refuses syntax that cannot be stripped', async () => {
  await using tree = await plantTree({ 'libs/core/src/planted.ts': 'export enum Colour { Grey }\n' })
  const { output } = await tree.run('../typescript-native/bin/tsc', '--noEmit', '-p', 'libs/core')
  expect(output).toContain('TS1294')
})

test('knip refuses an export nobody imports', async () => {
  await using tree = await plantTree({
    'libs/core/src/planted.ts': 'export const heron = 1\nexport const unwanted = 2\n',
    'services/api/src/main.ts': "import { heron } from '@heronry/core/planted'\nconsole.log(heron)\n",
  })
  const { code, output } = await tree.run('knip', '--include', 'exports')
  expect(output).toContain('unwanted')
  expect(output).not.toContain('heron ')
  expect(code).not.toBe(0)
})
