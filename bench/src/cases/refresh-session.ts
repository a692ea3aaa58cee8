import { Sessions } from '../load/sessions.ts'
import { type Case, type Scale, scaled } from './case.ts'
import { cpu, p50, perCore } from './measure.ts'

const accountCount = 50

/** Sessions refreshed again and again, the accounts taking turns, each with the token that the refresh before gave it. */
export function refreshSession(scale: Scale): Case {
  return {
    name: 'refreshSession',
    inFlight: 16,
    ops: scaled(1_000, scale),
    measures: [cpu(), p50(), perCore],
    open: async (house) => {
      const sessions = new Sessions(house, await house.newAccounts(scaled(accountCount, scale)))
      return { op: (index) => sessions.refresh(index), contents: () => sessions.whoTheyAre() }
    },
  }
}
