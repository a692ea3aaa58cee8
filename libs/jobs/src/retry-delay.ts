const spread = 0.2

/** The wait after the given failed attempt (1 for the first), spread so that what failed together does not return together; `null`: none is left. */
export function retryDelay(delaysMs: readonly number[], attempt: number): number | null {
  const delayMs = delaysMs[attempt - 1]
  return delayMs === undefined ? null : delayMs * (1 - spread + Math.random() * 2 * spread)
}
