import { type Case, type Scale, scaled } from './case.ts'
import { cpu, p50, perCore, perSecond } from './measure.ts'

const accountCount = 50

/** A method of the AppView's, asked for by 32 members at a time; its answer has so many bytes. */
export function proxiedGet({ bytes, ...scale }: Scale & { bytes: number }): Case {
  const q = String(bytes)
  return {
    name: `proxiedGet-${bytes / 1_000}kB`,
    inFlight: 32,
    ops: scaled(3_000, scale),
    measures: [cpu(1 / 3), p50(), perCore, perSecond],
    open: async (house) => {
      const accounts = await house.sharedAccounts(accountCount)
      return {
        op: (index) => house.get('app.bsky.actor.searchActors', { q }, accounts[index % accountCount]),
        // Nothing is written.
        contents: async () => '',
      }
    },
  }
}
