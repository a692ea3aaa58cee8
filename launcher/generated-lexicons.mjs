import { join } from 'node:path'
import { environment, node24, root } from './workspace.mjs'

/**
 * Generates the lexicon types; does nothing where they are what they should be.
 *
 * @param {import('./processes.mjs').Processes} processes
 */
export async function generateLexicons(processes) {
  const command = [node24, join(root, 'libs/lexicons/scripts/generate.ts')]
  const code = await processes.run({ name: 'generate.ts', command, env: environment(), cwd: root })
  if (code !== 0) throw new Error('The lexicon types could not be generated: see above')
}
