import { rootsOf } from '../load/contents.ts'
import { postsFrom, writesMax } from '../load/records.ts'
import { type Case, type Scale, scaled } from './case.ts'
import { cpu, p50 } from './measure.ts'

const accountCount = 10

/** 200 posts in one commit, one request at a time. */
export function applyWrites(scale: Scale): Case {
  const ops = scaled(20, scale)
  return {
    name: 'applyWrites-200',
    inFlight: 1,
    ops,
    measures: [cpu(1 / 8), p50()],
    open: async (house) => {
      const accounts = await house.sharedAccounts(accountCount)
      let first = 0
      return {
        prepare: async () => {
          first = house.reserveRkeys(ops * writesMax)
        },
        op: (index) => {
          const account = accounts[index % accountCount]
          if (account === undefined) throw new Error('No account')
          const body = postsFrom(first + index * writesMax, { account, count: writesMax })
          return house.post('com.atproto.repo.applyWrites', body, account)
        },
        contents: () => rootsOf(house, accounts),
      }
    },
  }
}
