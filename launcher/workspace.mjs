import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the whole repository. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** The Node 24 that the lockfile pins; everything but the launcher runs under it. */
export const node24 = join(root, 'node_modules/.bin/node')

/** The environment of whatever runs inside: all of ours, with the pinned Node found first. */
export function environment() {
  return { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}` }
}
