/**
 * Runs a check by a schema, which makes an error of every optional field that is not there and throws it away: its stack would cost more
 * than the check.
 */
export function withoutStacks<T>(check: () => T): T {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return check()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}
