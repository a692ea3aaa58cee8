/**
 * Whether an error leaves the outcome of a statement unknown. What Postgres itself reports has rolled back, except that the session is being
 * ended (classes 08 and 57P): then the answer to a COMMIT that succeeded may be what was lost. Anything else is the socket or the pool.
 */
export function isOutcomeUnknown(error: unknown): boolean {
  const code = sqlState(error)
  return code === undefined || code.startsWith('08') || code.startsWith('57P')
}

/**
 * Whether the statement had no answer because its connection, or Postgres, went away. Asking again is right where it only read. Narrower than
 * `isOutcomeUnknown`, which must not miss anything: here a fault of our own must not be taken for the network's.
 */
export function isConnectionLost(error: unknown): boolean {
  const code = sqlState(error)
  if (code !== undefined)
    return code.startsWith('08') || code.startsWith('57P') || code === tooManyConnections
  if (!(error instanceof Error)) return false
  return 'code' in error ? lostSocketCodes.has(String(error.code)) : lostMessages.test(error.message)
}

const tooManyConnections = '53300'
const lostSocketCodes = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
])

/** What the driver says without a code. */
const lostMessages =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect)/

/** What NOWAIT says. */
export function isRowLocked(error: unknown): boolean {
  return sqlState(error) === '55P03'
}

function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('severity' in error) || !('code' in error)) return undefined
  return typeof error.code === 'string' && error.code.length === 5 ? error.code : undefined
}
