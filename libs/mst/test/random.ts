/** A seeded generator (mulberry32), so that a failing history can be run again by its number. */
export function seededRandom(seed: number): { below(limit: number): number; pick<T>(from: readonly T[]): T } {
  let state = seed
  const below = (limit: number) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
  return { below, pick: (from) => from[below(from.length)] as never }
}
