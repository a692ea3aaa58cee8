/** The Redis stream of numbers that were given. */
export const streamKey = 'heronry:firehose'

/** Beside it: whom they were about. */
export function journalKey(key: string): string {
  return `${key}:subjects`
}
