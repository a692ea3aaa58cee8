import { expectOk, type House } from '../load/house.ts'
import { inParallel } from '../load/in-parallel.ts'
import { Sessions } from '../load/sessions.ts'
import { type Case, type Operations, type Scale, scaled } from './case.ts'
import { cpu, p50, perCore } from './measure.ts'

const accountCount = 50
const refreshesAtOnce = 16

/** Every account comes with the same token each time, as its client does for two hours. */
export function getSession(scale: Scale): Case {
  return lineOf('getSession', scale, async (house) => {
    const accounts = await house.sharedAccounts(accountCount)
    const sessions = new Sessions(house, accounts)
    return {
      op: (index) => house.get(nsid, {}, sessions.at(index)),
      contents: () => sessions.whoTheyAre(),
    }
  })
}

/** Every request brings a token that the house has never seen: beside getSession it shows what the first look at a token costs. */
export function getSessionFresh(scale: Scale): Case {
  return lineOf('getSession-fresh', scale, async (house, ops) => {
    const sessions = new Sessions(house, await house.newAccounts(scaled(accountCount, scale)))
    let fresh: { authorization: string }[] = []
    return {
      prepare: async () => {
        fresh = []
        await inParallel({ count: ops, inFlight: refreshesAtOnce }, async (index) => {
          const { accessJwt } = JSON.parse(expectOk(await sessions.refresh(index)).body)
          fresh[index] = { authorization: `Bearer ${accessJwt}` }
        })
      },
      op: (index) => house.get(nsid, {}, fresh[index]),
      contents: () => sessions.whoTheyAre(),
    }
  })
}

const nsid = 'com.atproto.server.getSession'

function lineOf(name: string, scale: Scale, open: (house: House, ops: number) => Promise<Operations>): Case {
  const ops = scaled(1_500, scale)
  return { name, inFlight: 32, ops, measures: [cpu(), p50(), perCore], open: (house) => open(house, ops) }
}
