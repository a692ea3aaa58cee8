import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { findPackageJSON } from 'node:module'
import { join } from 'node:path'

/** Of everything that decides the generated code: the pinned packages, these scripts, our own documents. */
export async function fingerprint(own: string): Promise<string> {
  const hash = createHash('sha256')
  for (const name of ['@atproto/api', '@atproto/lex', '@atproto/lex-builder']) {
    hash.update(`${name} ${await versionOf(name)}\n`)
  }
  for (const folder of [import.meta.dirname, own]) {
    for (const path of await filesOf(folder)) {
      const text = await readFile(join(folder, path))
      hash.update(`${path} ${text.length}\n`).update(text)
    }
  }
  return hash.digest('hex')
}

async function versionOf(name: string): Promise<string> {
  const from =
    name === '@atproto/lex-builder' ? findPackageJSON('@atproto/lex', import.meta.url) : import.meta.url
  const path = findPackageJSON(name, from)
  if (path === undefined) throw new Error(`${name} is not installed`)
  return JSON.parse(await readFile(path, 'utf8')).version
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
  return files.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort()
}
