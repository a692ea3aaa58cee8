import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

export const root = join(import.meta.dirname, '../..')
const configuration = [
  'package.json',
  'biome.json',
  'knip.json',
  'tsconfig.base.json',
  '.dependency-cruiser.mjs',
  '.gitignore',
]

/** A small copy of the workshop in a temporary folder: the real configuration, two or three planted files. */
export interface PlantedTree extends AsyncDisposable {
  /** Runs a tool of `node_modules/.bin`; never rejects for its exit code. */
  run(tool: string, ...args: string[]): Promise<{ code: number; output: string }>
}

/** Plants `files` (path → text) beside a package.json and tsconfig for each lib or service they stand in. */
export async function plantTree(files: Record<string, string>): Promise<PlantedTree> {
  const folder = await mkdtemp(join(tmpdir(), 'heronry-planted-'))
  for (const name of configuration) await cp(join(root, name), join(folder, name))
  for (const name of ['apps', 'libs', 'services']) await mkdir(join(folder, name))
  await linkModules(folder)
  for (const [path, text] of Object.entries(files)) {
    await plantPackage(folder, path.split('/').slice(0, 2).join('/'))
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return {
    run: (tool, ...args) => runTool(folder, tool, args),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}

async function linkModules(folder: string): Promise<void> {
  await mkdir(join(folder, 'node_modules/@heronry'), { recursive: true })
  for (const name of [
    'typescript',
    'typescript-native',
    '@types',
    '@biomejs',
    '@typescript',
    'kysely',
    'ioredis',
    'fastify',
    '.bin',
  ]) {
    await symlink(join(root, 'node_modules', name), join(folder, 'node_modules', name))
  }
}

async function plantPackage(folder: string, path: string): Promise<void> {
  const name = path.split('/')[1] ?? ''
  if (!(await mkdir(join(folder, path, 'src'), { recursive: true }))) return
  await symlink(join(folder, path), join(folder, 'node_modules/@heronry', name))
  const manifest = {
    name: `@heronry/${name}`,
    version: '0.0.0',
    type: 'module',
    exports: { './*': './src/*.ts' },
  }
  await writeFile(join(folder, path, 'package.json'), JSON.stringify(manifest))
  await writeFile(
    join(folder, path, 'tsconfig.json'),
    '{"extends":"../../tsconfig.base.json","include":["src"]}',
  )
}

async function runTool(
  folder: string,
  tool: string,
  args: string[],
): Promise<{ code: number; output: string }> {
  const binary = join(root, 'node_modules/.bin', tool)
  const options = { cwd: folder, maxBuffer: 1 << 24 }
  return promisify(execFile)(process.execPath, [binary, ...args], options).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    (error) => ({ code: error.code, output: `${error.stdout}${error.stderr}` }),
  )
}
