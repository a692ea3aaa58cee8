import { rootsOf } from '../load/contents.ts'
import type { Account, House } from '../load/house.ts'
import { postCollection, postOf } from '../load/records.ts'
import { tid } from '../load/tid.ts'
import { type Case, type Operations, type Scale, scaled } from './case.ts'
import { cpu, p50, perCore, perSecond } from './measure.ts'

export const accountCount = 50

/** Posts of 50 accounts in turn. One at a time shows what a write costs when nothing can be batched. */
export function createRecord(inFlight: number, scale: Scale): Case {
  const ops = scaled(1_000, scale)
  return {
    name: `createRecord-${inFlight}`,
    inFlight,
    ops,
    measures: [cpu(inFlight === 1 ? undefined : 1 / 8), p50(1 / 3), perCore, perSecond],
    open: async (house) => createPosts(house, { accounts: await house.sharedAccounts(accountCount), ops }),
  }
}

/** One post an operation, the accounts taking turns. */
export function createPosts(
  house: House,
  { accounts, ops }: { accounts: readonly Account[]; ops: number },
): Operations {
  let first = 0
  return {
    prepare: async () => {
      first = house.reserveRkeys(ops)
    },
    op: (index) => {
      const account = accounts[index % accounts.length]
      const record = postOf(first + index)
      const body = { repo: account?.did, collection: postCollection, rkey: tid(first + index), record }
      return house.post('com.atproto.repo.createRecord', body, account)
    },
    contents: () => rootsOf(house, accounts),
  }
}
