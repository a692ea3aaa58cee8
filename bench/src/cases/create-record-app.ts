import { App } from '../load/app.ts'
import { rootsOf } from '../load/contents.ts'
import { inParallel } from '../load/in-parallel.ts'
import { postCollection, postOf } from '../load/records.ts'
import { tid } from '../load/tid.ts'
import { type Case, type Scale, scaled } from './case.ts'
import { accountCount } from './create-record.ts'
import { cpu, p50, perCore, perSecond } from './measure.ts'

const nsid = 'com.atproto.repo.createRecord'
const inFlight = 16
const signInsAtOnce = 4

/**
 * As createRecord-16, by an app that each account has let in: every request brings a proof that it holds the token's key. The proofs are made before
 * the round, as making them is no work of the server.
 */
export function createRecordByApp(scale: Scale): Case {
  const ops = scaled(1_000, scale)
  return {
    ...{ name: `createRecord-dpop-${inFlight}`, inFlight, ops },
    measures: [cpu(), p50(), perCore, perSecond],
    open: async (house) => {
      const accounts = await house.sharedAccounts(accountCount)
      const app = new App(house)
      const tokens: string[] = []
      await inParallel({ count: accounts.length, inFlight: signInsAtOnce }, async (index) => {
        const account = accounts[index]
        if (account) tokens[index] = await app.letIn(account)
      })
      let first = 0
      let proven: { authorization: string; dpop: string }[] = []
      return {
        prepare: async () => {
          first = house.reserveRkeys(ops)
          await app.freshNonce(tokens[0] ?? '')
          proven = Array.from({ length: ops }, (_, index) =>
            app.credentials(tokens[index % tokens.length] ?? '', { method: 'POST', path: `/xrpc/${nsid}` }),
          )
        },
        op: (index) => {
          const did = accounts[index % accounts.length]?.did
          const body = {
            repo: did,
            collection: postCollection,
            rkey: tid(first + index),
            record: postOf(first + index),
          }
          return house.post(nsid, body, proven[index])
        },
        contents: () => rootsOf(house, accounts),
      }
    },
  }
}
