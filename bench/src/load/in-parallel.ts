export interface Amount {
  readonly count: number
  readonly inFlight: number
}

/** Calls with each index once, in order, so many at a time. */
export async function inParallel({ count, inFlight }: Amount, call: (index: number) => Promise<void>) {
  let next = 0
  const worker = async () => {
    while (next < count) await call(next++)
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
}
