import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { environment, node24, root } from './workspace.mjs'

/**
 * Generates the lexicon types where they are missing or were made from something else. The stamp is written last: a generation
 * killed in the middle is done again.
 *
 * @param {import('./processes.mjs').Processes} processes
 */
export async function generateLexicons(processes) {
  const stamp = join(lexicons, 'src/generated/.made-from')
  const sources = hashOfSources()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return
  console.log('Generating types from lexicon documents…')
  const script = join(lexicons, 'scripts/generate.ts')
  const command = [node24, script]
  const code = await processes.run({ name: 'generate.ts', command, env: environment(), cwd: root })
  if (code !== 0) throw new Error('The lexicon types could not be generated: see above')
  writeFileSync(stamp, sources)
}

const lexicons = join(root, 'libs/lexicons')

function hashOfSources() {
  const hash = createHash('sha256')
  for (const folder of ['scripts', 'own']) {
    for (const file of filesIn(join(lexicons, folder))) hash.update(file).update(readFileSync(file))
  }
  for (const name of ['@atproto/api', '@atproto/lex']) {
    hash.update(readFileSync(join(root, 'node_modules', name, 'package.json')))
  }
  return hash.digest('hex')
}

/** @param {string} folder @returns {string[]} paths of all files below it, in order */
function filesIn(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((it) => (it.isDirectory() ? filesIn(join(folder, it.name)) : [join(folder, it.name)]))
}
