import { isHeronryError } from '@heronry/core/error'

/**
 * Runs the one thing that a process was started for: its answer goes to standard output as a line of JSON, and the process ends
 * with code 0. A failure goes to standard error, with code 4 where something that stands is in the way (`AlreadyExists`), 5 where
 * Postgres could not be reached or let nobody in, else 1.
 */
export async function runTask(task: () => Promise<unknown>): Promise<void> {
  try {
    process.stdout.write(`${JSON.stringify(await task())}\n`)
  } catch (error) {
    const causes = causesOf(error)
    process.stderr.write(`${causes.map(textOf).join(', because ')}\n`)
    process.exitCode = isHeronryError(error, 'AlreadyExists') ? 4 : causes.some(isUnavailable) ? 5 : 1
  }
}

function causesOf(error: unknown): unknown[] {
  const cause = error instanceof Error ? error.cause : undefined
  return [error, ...(cause === undefined ? [] : causesOf(cause))]
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error)
}

/** Of the network, or SQLSTATE classes: connection (08), authorization (28), no such database (3D), resources (53), shutdown (57). */
function isUnavailable(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return /^(ECONN\w+|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|(08|28|3D|53|57)\w{3})$/.test(code)
}
