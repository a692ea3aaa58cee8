/**
 * Whether an error leaves the outcome of a statement unknown. What Postgres itself reports has rolled back, except that the session is being
 * ended (classes 08 and 57P): then the answer to a COMMIT that succeeded may be what was lost. Anything else is the socket or the pool.
 */
export function isOutcomeUnknown(error: unknown): boolean {
  const code = sqlState(error)
  return code === undefined || code.startsWith('08') || code.startsWith('57P')
}

function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('severity' in error) || !('code' in error)) return undefined
  return typeof error.code === 'string' && error.code.length === 5 ? error.code : undefined
}
