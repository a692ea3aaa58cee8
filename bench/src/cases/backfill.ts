import { openFlow, seedFlow, settledSeq } from '../firehose/flow.ts'
import { Subscribers } from '../firehose/subscribers.ts'
import { tapeContents } from '../firehose/tape-contents.ts'
import type { House } from '../load/house.ts'
import { startMeter } from '../measure/meter.ts'
import type { EventTable } from '../sides/event-table.ts'
import { type Case, type OwnRounds, type Scale, scaled } from './case.ts'
import { cpu, figure, figureTimes } from './measure.ts'

const eventsAtOnce = 500

/**
 * Subscribers that come when all is long over, one after the other, to a server that was started since. The first is served 20,000 events
 * that nobody has asked this process for; the second the same ones, as a relay is after an outage whose neighbour was quicker.
 */
export function backfill(scale: Scale): Case {
  const ops = scaled(20_000, scale)
  return {
    name: 'backfill',
    inFlight: 1,
    ops,
    measures: [
      figureTimes('events/s', 20),
      figureTimes('events/s of the second', 20),
      cpu(),
      figure('CPU ms/op of the second'),
      figure('bytes/frame'),
    ],
    open: (house) => replays(house, ops),
  }
}

async function replays(house: House, ops: number): Promise<OwnRounds> {
  await seedFlow(house)
  await using events = await openFlow(house)
  const before = await settledSeq(events)
  const cursor = await appended(events, { after: before, ops })
  await appended(events, { after: cursor, ops })
  let contents = ''
  return {
    restarts: true,
    round: async () => {
      await house.side.restart()
      await warm(house, { cursor: before, ops: ops / 2 })
      const first = await replay(house, { cursor, ops })
      const second = await replay(house, { cursor, ops })
      contents = tapeContents(first.recording)
      const bytes = first.recording.bytes.length
      const perSecond = (wallMs: number) => (1_000 * ops) / wallMs
      const figures = {
        'events/s': perSecond(first.reading.wallMs),
        'events/s of the second': perSecond(second.reading.wallMs),
        'CPU ms/op of the second': Object.values(second.reading.cpu).reduce((sum, ms) => sum + ms, 0) / ops,
        'bytes/frame': bytes / ops,
      }
      return { sample: { ...first.reading, ops, bytes, figures }, answers: [] }
    },
    contents: async () => contents,
  }
}

/** Answers the last seq, once all have theirs: on a busy machine numbering may pause in between for longer than it takes to seem settled. */
async function appended(events: EventTable, { after, ops }: { after: number; ops: number }): Promise<number> {
  for (let done = 0; done < ops; done += eventsAtOnce) await events.append(Math.min(eventsAtOnce, ops - done))
  for (;;) {
    const last = await settledSeq(events)
    if (last >= after + ops) return last
  }
}

/** For the compiler of Node: other events, and a subscriber that leaves long before those that are measured. */
async function warm(house: House, { cursor, ops }: { cursor: number; ops: number }): Promise<void> {
  await using subscribers = await Subscribers.connect(house.side.url, { count: 1, cursor })
  await subscribers.haveGot(ops)
}

/** From before the handshake to the last byte of the last event. */
async function replay(house: House, { cursor, ops }: { cursor: number; ops: number }) {
  await using subscribers = await Subscribers.prepare(house.side.url, { count: 1, cursor })
  const meter = startMeter(house.side)
  await subscribers.open()
  await subscribers.haveGot(ops)
  const reading = await meter.stop()
  return { reading, recording: await subscribers.recording() }
}
