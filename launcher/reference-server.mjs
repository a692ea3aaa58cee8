import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './workspace.mjs'

/** Where the reference server is installed, from a lockfile of its own: it is no part of the house. */
export const referenceFolder = join(root, 'bench/reference')

/** What installs it there, from npm's registry alone. */
export const installReferenceCommand = ['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund']

/** npm writes down what it has installed as the last thing it does: an installation killed in the middle does not count. */
export function isReferenceInstalled() {
  const installed = join(referenceFolder, 'node_modules/.package-lock.json')
  return (
    existsSync(installed) &&
    statSync(installed).mtimeMs >= statSync(join(referenceFolder, 'package-lock.json')).mtimeMs
  )
}
