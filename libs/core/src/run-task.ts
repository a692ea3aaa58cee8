import { isHeronryError } from './error.ts'

/**
 * Runs the one thing that a process was started for: its result goes to standard output as a line of JSON, and the process ends
 * with code 0. A failure goes to standard error, with code 4 where something that stands is in the way (`AlreadyExists`), 5 where
 * Postgres could not be reached or let nobody in, else 1.
 */
export async function runTask(task: () => Promise<unknown>): Promise<void> {
  try {
    process.stdout.write(`${JSON.stringify(await task())}\n`)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message || error.name : error}\n`)
    process.exitCode = isHeronryError(error, 'AlreadyExists') ? 4 : isUnavailable(error) ? 5 : 1
  }
}

/** Of the network, or SQLSTATE classes: connection (08), authorization (28), no such database (3D), resources (53), shutdown (57). */
function isUnavailable(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return /^(ECONN\w+|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|(08|28|3D|53|57)\w{3})$/.test(code)
}
