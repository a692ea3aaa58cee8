/**
 * A `main.ts`: what `body` throws goes to standard error, with its causes, and the process ends with code 1. An error named
 * `ConfigError` says all there is to say by its message.
 */
export async function runMain(body: () => Promise<void>): Promise<void> {
  try {
    await body()
  } catch (error) {
    process.stderr.write(`${describe(error)}\n`)
    process.exitCode = 1
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'ConfigError') return error.message
  return error.cause === undefined ? `${error.stack}` : `${error.stack}\n  because ${describe(error.cause)}`
}
