import { type Case, type Scale, scaled } from './case.ts'
import { createPosts } from './create-record.ts'
import { cpu, p50, perCore } from './measure.ts'

/** All posts into one repo: every commit stands on the one before. */
export function hotRepo(inFlight: number, scale: Scale): Case {
  const ops = scaled(500, scale)
  return {
    name: `hotRepo-${inFlight}`,
    inFlight,
    ops,
    measures: [cpu(1 / 6), p50(), perCore],
    open: async (house) => createPosts(house, { accounts: await house.newAccounts(1), ops }),
  }
}
