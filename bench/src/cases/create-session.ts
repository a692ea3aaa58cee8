import { Sessions } from '../load/sessions.ts'
import { total } from '../measure/cpu.ts'
import { hashCpuMs } from '../measure/hash-cpu.ts'
import { measureOperations } from '../measure/measure-operations.ts'
import { type Case, type Scale, scaled } from './case.ts'
import { cpu, figure, p50, perSecond } from './measure.ts'

const accountCount = 50
const ofHash = 'of that the hash'
const besideHash = 'without the hash'

/** Log-ins with the password. Most of their CPU is the hash, on purpose: the rest is what the house takes for it. */
export function createSession(scale: Scale): Case {
  const amount = { ops: scaled(200, scale), inFlight: 16 }
  return {
    name: 'createSession',
    ...amount,
    measures: [cpu(), figure(ofHash), figure(besideHash), p50(), perSecond],
    open: async (house) => {
      const sessions = new Sessions(house, await house.sharedAccounts(accountCount))
      const work = { op: (index: number) => sessions.open(index), contents: () => sessions.whoTheyAre() }
      return {
        contents: work.contents,
        round: async () => {
          const { sample, answers } = await measureOperations(amount, { house, work })
          const hashMs = await hashCpuMs(house.side.name, sessions.at(0).password)
          const figures = { [ofHash]: hashMs, [besideHash]: total(sample.cpu) / amount.ops - hashMs }
          return { sample: { ...sample, figures }, answers }
        },
      }
    },
  }
}
