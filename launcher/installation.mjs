import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { waitForFolder } from './folder-lock.mjs'
import { generateLexicons } from './generated-lexicons.mjs'
import { node24, root } from './workspace.mjs'

/**
 * Installs what is missing: the packages of package-lock.json, and the types that are generated from lexicon documents. Two
 * launchers at once do it once.
 *
 * @param {import('./processes.mjs').Processes} processes
 */
export async function install(processes) {
  const lock = await waitForFolder(root, () => console.log('Another start is installing; waiting…'))
  try {
    if (!isInstalled()) await installPackages(processes)
    await generateLexicons(processes)
  } finally {
    lock.release()
  }
}

/** @typedef {Record<string, { version?: string, optional?: boolean, link?: boolean }>} Packages */

/**
 * npm writes down what it has installed as the last thing it does: an installation killed in the middle does not count. What is
 * optional (other platforms) may be absent, but for the pinned Node.
 */
function isInstalled() {
  const wanted = packagesOf(join(root, 'package-lock.json'))
  const present = packagesOf(join(root, 'node_modules/.package-lock.json'))
  const matches = Object.entries(wanted)
    .filter(([path]) => path.startsWith('node_modules/') || path.includes('/node_modules/'))
    .every(([path, { version, optional, link }]) => {
      const it = present[path]
      return it === undefined ? optional === true : link === true || it.version === version
    })
  return matches && existsSync(node24)
}

/** @param {string} file @returns {Packages} */
function packagesOf(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : {}
}

/** @param {import('./processes.mjs').Processes} processes */
async function installPackages(processes) {
  console.log('Installing packages (npm ci)…')
  const code = await processes.run({ name: 'npm ci', command: ['npm', 'ci'], env: outside(), cwd: root })
  if (code !== 0) throw new Error('npm ci failed: see above')
  if (!existsSync(node24)) {
    throw new Error(
      `There is no pinned Node for ${process.platform}-${process.arch} (optional packages left out?)`,
    )
  }
}

/** npm must not run on the Node that it is about to replace. */
function outside() {
  const path = (process.env['PATH'] ?? '').split(':').filter((it) => !it.includes('node_modules/.bin'))
  return { ...process.env, PATH: path.join(':') }
}
