import type { Account } from '../load/house.ts'
import { inParallel } from '../load/in-parallel.ts'
import { fillRepo } from '../load/records.ts'
import { type Case, type Scale, scaled } from './case.ts'
import { createPosts } from './create-record.ts'
import { cpu, p50, p99 } from './measure.ts'

const postsEach = 20
const inFlight = 4
const warmUpAccounts = 50
const warmUpPosts = 500

/**
 * The first post after a restart into each of 1,000 repos that have been left alone: nothing of them is in the server's memory. Its
 * code is warm: 50 other accounts have written before.
 */
export function coldRepos(scale: Scale): Case {
  const ops = scaled(1_000, scale)
  const warmUpOps = scaled(warmUpPosts, scale)
  return {
    name: 'coldRepos',
    inFlight,
    ops,
    measures: [p99({ atMostMs: 50 }), p50(), cpu()],
    open: async (house) => {
      const accounts = await house.newAccounts(ops)
      // In order, each reserves its keys when it begins: the same ones on both sides.
      await inParallel({ count: ops, inFlight }, async (index) => {
        await fillRepo(house, accounts[index] as Account, postsEach)
      })
      const others = await house.sharedAccounts(warmUpAccounts)
      const warmUp = createPosts(house, { accounts: others, ops: warmUpOps })
      const work = createPosts(house, { accounts, ops })
      return {
        ...work,
        prepare: async () => {
          await house.side.restart()
          await warmUp.prepare?.()
          await inParallel({ count: warmUpOps, inFlight }, async (index) => {
            await warmUp.op(index)
          })
          await work.prepare?.()
        },
      }
    },
  }
}
