import { rootsOf } from '../load/contents.ts'
import { type Account, accountOf, type Credentials } from '../load/house.ts'
import { type Case, type Scale, scaled } from './case.ts'
import { cpu, p50, perCore, perSecond } from './measure.ts'

/** Sign-ups, each with a DID that is new to the PLC directory, with its password's hash, its first commit and its session. */
export function createAccount(scale: Scale): Case {
  const ops = scaled(200, scale)
  return {
    name: 'createAccount',
    inFlight: 16,
    ops,
    measures: [cpu(), p50(), perCore, perSecond],
    open: async (house) => {
      let names: Credentials[] = []
      let created: Account[] = []
      return {
        prepare: async () => {
          names = house.reserveNames(ops)
          created = []
        },
        op: async (index) => {
          const credentials = names[index]
          if (credentials === undefined) throw new Error('No name')
          const answer = await house.post('com.atproto.server.createAccount', credentials)
          if (answer.status === 200) created[index] = accountOf(credentials, answer.body)
          return answer
        },
        contents: () => rootsOf(house, created),
      }
    },
  }
}
