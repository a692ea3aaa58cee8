import { setTimeout as delay } from 'node:timers/promises'
import { settledSeq } from '../firehose/flow.ts'
import { expectOk, type House } from '../load/house.ts'
import { inParallel } from '../load/in-parallel.ts'
import { startMeter } from '../measure/meter.ts'
import type { EventTable } from '../sides/event-table.ts'
import { type Case, type Operations, type OwnRounds, type Scale, scaled } from './case.ts'
import { createPosts } from './create-record.ts'
import { figure, perSecond } from './measure.ts'

const accountCount = 50
const leadsMsMax = 30_000
const names = ['leader CPU µs/event', 'of that in Postgres', 'of that in Node'] as const

/** Posts as in createRecord, while a process of its own numbers their events: what that process and its backends use. */
export function leader(inFlight: number, scale: Scale): Case {
  const ops = scaled(1_000, scale)
  return {
    name: `leader-${inFlight}`,
    inFlight,
    ops,
    oursAlone: true,
    measures: [...names.map((name) => figure(name)), perSecond],
    open: (house) => numberedPosts(house, { inFlight, ops }),
  }
}

async function numberedPosts(
  house: House,
  { inFlight, ops }: { inFlight: number; ops: number },
): Promise<OwnRounds> {
  const posts = createPosts(house, { accounts: await house.newAccounts(accountCount), ops })
  return {
    restarts: true,
    round: async () => {
      await using events = await house.side.openEvents(1)
      await using apart = await house.side.own?.leaderApart()
      if (apart === undefined) throw new Error('Only ours has a leader')
      await numbers(events, { posts, ops, inFlight })
      const before = await apart.readCpu()
      const meter = startMeter(house.side)
      await post(posts, { ops, inFlight })
      const reading = await meter.stop()
      const after = await apart.readCpu()
      const of = (kind: 'node' | 'postgres') => (1_000 * (after[kind] - before[kind])) / ops
      const values = [of('postgres') + of('node'), of('postgres'), of('node')]
      const figures = Object.fromEntries(names.map((name, index) => [name, values[index] ?? Number.NaN]))
      return { sample: { ...reading, ops, figures }, answers: [] }
    },
    contents: posts.contents,
  }
}

/** Resolves once the leader has numbered what was written for its sake. */
async function numbers(
  events: EventTable,
  { posts, ops, inFlight }: { posts: Operations; ops: number; inFlight: number },
): Promise<void> {
  const before = await settledSeq(events)
  await post(posts, { ops, inFlight })
  const deadline = performance.now() + leadsMsMax
  while ((await events.lastSeq()) < before + ops) {
    if (performance.now() > deadline) throw new Error('The leader apart does not lead')
    await delay(50)
  }
}

async function post(posts: Operations, { ops, inFlight }: { ops: number; inFlight: number }): Promise<void> {
  await posts.prepare?.()
  await inParallel({ count: ops, inFlight }, async (index) => {
    expectOk(await posts.op(index))
  })
}
