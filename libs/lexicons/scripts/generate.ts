/**
 * Makes src/generated: writes the documents, then runs `lex build` on them. Does nothing while what it was made from is what
 * is there (`.stamp`). `node libs/lexicons/scripts/generate.ts`, under Node 24.
 *
 * Any number may run at once: each builds in a folder of its own and puts it in place by a rename; who comes second finds the
 * same stamp and leaves it. kill -9 anywhere → either the old code, or none with the next run making it; never half of one.
 */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { findPackageJSON } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { fingerprint } from './fingerprint.ts'
import { writeDocuments } from './write-documents.ts'

export interface GenerateOptions {
  /** Our own documents. */
  readonly own: string
  /** Where the code is to stand. */
  readonly target: string
  /** Which of the published documents; all that we host unless said. */
  readonly included?: RegExp
  /** For folders in the making: on the file system of `target`. */
  readonly workshop: string
}

/** True: it was made; false: it was there. */
export async function generate({ own, target, workshop, included }: GenerateOptions): Promise<boolean> {
  const wanted = await fingerprint(own)
  if ((await stampOf(target)) === wanted) return false
  await mkdir(workshop, { recursive: true })
  await removeLeftovers(workshop)
  const bench = await mkdtemp(join(workshop, 'bench-'))
  try {
    const made = join(bench, 'generated')
    await writeDocuments(join(bench, 'documents'), { own, ...(included && { included }) })
    await buildCode(join(bench, 'documents'), made)
    await writeFile(join(made, '.stamp'), wanted)
    await putInPlace(made, { target, wanted, aside: join(bench, 'former') })
  } finally {
    await rm(bench, { recursive: true, force: true })
  }
  return true
}

async function buildCode(documents: string, out: string): Promise<void> {
  const lex = findPackageJSON('@atproto/lex', import.meta.url)
  if (lex === undefined) throw new Error('@atproto/lex is not installed')
  const options = [
    '--import-ext',
    '.ts',
    '--no-pretty',
    '--index-file',
    '--lexicons',
    documents,
    '--out',
    out,
  ]
  await promisify(execFile)(process.execPath, [join(dirname(lex), 'bin/lex'), 'build', ...options])
}

interface Place {
  readonly target: string
  readonly wanted: string
  /** Where the former code goes, to be removed. */
  readonly aside: string
}

async function putInPlace(made: string, { target, wanted, aside }: Place): Promise<void> {
  await mkdir(dirname(target), { recursive: true })
  for (let attempt = 1; ; attempt++) {
    try {
      return await rename(made, target)
    } catch (error) {
      if (attempt === attemptsMax || !isOccupied(error)) throw error
    }
    if ((await stampOf(target)) === wanted) return
    await rename(target, `${aside}-${attempt}`).catch((error) => {
      if (!isAbsent(error)) throw error
    })
  }
}

const attemptsMax = 10

async function stampOf(folder: string): Promise<string | undefined> {
  return readFile(join(folder, '.stamp'), 'utf8').catch((error) => {
    if (isAbsent(error)) return undefined
    throw error
  })
}

/** Benches of runs that were killed; one that is minutes old is nobody's any more. */
async function removeLeftovers(workshop: string): Promise<void> {
  for (const name of await readdir(workshop)) {
    const path = join(workshop, name)
    const changed = await stat(path).catch(() => undefined)
    if (changed !== undefined && Date.now() - changed.mtimeMs > leftoverAgeMs) {
      await rm(path, { recursive: true, force: true })
    }
  }
}

const leftoverAgeMs = 10 * 60_000

const isOccupied = (error: unknown) => hasCode(error, 'ENOTEMPTY') || hasCode(error, 'EEXIST')
const isAbsent = (error: unknown) => hasCode(error, 'ENOENT')

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

if (import.meta.main) {
  const home = join(import.meta.dirname, '..')
  const places = { own: join(home, 'own'), target: join(home, 'src/generated') }
  await generate({ ...places, workshop: join(home, 'node_modules/.lexicons') })
}
