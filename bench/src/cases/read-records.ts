import { rootsOf } from '../load/contents.ts'
import type { Account, Answer, House } from '../load/house.ts'
import { fillRepo, postCollection } from '../load/records.ts'
import { tid } from '../load/tid.ts'
import { type Case, type Scale, scaled } from './case.ts'
import { cpu, p50, perCore } from './measure.ts'

const accountCount = 50
const postsEach = 100
/** Shares no factor with the number of posts: every post has its turn. */
const stride = 37

export function getRecord(scale: Scale): Case {
  return readRecords('getRecord', scaled(3_000, scale), (house, { account, first, index }) => {
    const rkey = tid(first + ((index * stride) % postsEach))
    return house.get('com.atproto.repo.getRecord', { repo: account.did, collection: postCollection, rkey })
  })
}

/** The newest 50 of a collection. */
export function listRecords(scale: Scale): Case {
  return readRecords('listRecords-50', scaled(1_500, scale), (house, { account }) =>
    house.get('com.atproto.repo.listRecords', {
      repo: account.did,
      collection: postCollection,
      limit: '50',
    }),
  )
}

type Read = (house: House, of: { account: Account; first: number; index: number }) => Promise<Answer>

/** Reads from 50 repos in turn, 32 at a time. */
function readRecords(name: string, ops: number, read: Read): Case {
  return {
    name,
    inFlight: 32,
    ops,
    measures: [cpu(1 / 5), p50(), perCore],
    open: async (house) => {
      const accounts = await house.sharedAccounts(accountCount)
      const firsts: number[] = []
      for (const account of accounts) firsts.push(await fillRepo(house, account, postsEach))
      return {
        op: (index) => {
          const account = accounts[index % accountCount]
          const first = firsts[index % accountCount]
          if (account === undefined || first === undefined) throw new Error('No account')
          return read(house, { account, first, index })
        },
        contents: () => rootsOf(house, accounts),
      }
    },
  }
}
