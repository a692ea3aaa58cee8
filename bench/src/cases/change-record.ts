import { rootsOf } from '../load/contents.ts'
import type { Account, Answer, House } from '../load/house.ts'
import { fillRepo, postCollection, postOf } from '../load/records.ts'
import { tid } from '../load/tid.ts'
import { type Case, type Scale, scaled } from './case.ts'
import { cpu, p50 } from './measure.ts'

const accountCount = 50

/** Another text for posts that are there. */
export function putRecord(scale: Scale): Case {
  return changeRecord('putRecord', scale, (house, { account, post }) => {
    const record = postOf(post, 1)
    const body = { repo: account.did, collection: postCollection, rkey: tid(post), record }
    return house.post('com.atproto.repo.putRecord', body, account)
  })
}

export function deleteRecord(scale: Scale): Case {
  return changeRecord('deleteRecord', scale, (house, { account, post }) => {
    const body = { repo: account.did, collection: postCollection, rkey: tid(post) }
    return house.post('com.atproto.repo.deleteRecord', body, account)
  })
}

type Change = (house: House, of: { account: Account; post: number }) => Promise<Answer>

/** Changes posts that were written just before, each once, 16 at a time, the accounts taking turns. */
function changeRecord(name: string, scale: Scale, change: Change): Case {
  const ops = scaled(1_000, scale)
  return {
    name,
    inFlight: 16,
    ops,
    measures: [cpu(1 / 8), p50()],
    open: async (house) => {
      const accounts = await house.sharedAccounts(accountCount)
      let firsts: number[] = []
      return {
        prepare: async () => {
          firsts = []
          for (const account of accounts) firsts.push(await fillRepo(house, account, ops / accountCount))
        },
        op: (index) => {
          const account = accounts[index % accountCount]
          const first = firsts[index % accountCount]
          if (account === undefined || first === undefined) throw new Error('No account')
          return change(house, { account, post: first + Math.floor(index / accountCount) })
        },
        contents: () => rootsOf(house, accounts),
      }
    },
  }
}
