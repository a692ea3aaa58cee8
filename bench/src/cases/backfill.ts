import { openFlow, seedFlow, settledSeq } from '../firehose/flow.ts'
import { Subscribers } from '../firehose/subscribers.ts'
import { tapeContents } from '../firehose/tape-contents.ts'
import type { House } from '../load/house.ts'
import { startMeter } from '../measure/meter.ts'
import { type Case, type OwnRounds, type Scale, scaled } from './case.ts'
import { cpu, figure, figureTimes } from './measure.ts'

const eventsAtOnce = 500

/** One subscriber that comes when all is long over: 20,000 events, none of which the server, started since, has in its memory. */
export function backfill(scale: Scale): Case {
  const ops = scaled(20_000, scale)
  return {
    name: 'backfill',
    inFlight: 1,
    ops,
    measures: [figureTimes('events/s', 20), cpu(), figure('bytes/frame')],
    open: (house) => replays(house, ops),
  }
}

async function replays(house: House, ops: number): Promise<OwnRounds> {
  await seedFlow(house)
  await using events = await openFlow(house)
  const cursor = await settledSeq(events)
  for (let done = 0; done < ops; done += eventsAtOnce) await events.append(Math.min(eventsAtOnce, ops - done))
  await settledSeq(events)
  await house.side.restart()
  // For the compiler of Node.
  await replay(house, { cursor, ops })
  let contents = ''
  return {
    round: async () => {
      const { recording, reading } = await replay(house, { cursor, ops })
      contents = tapeContents(recording)
      const bytes = recording.bytes.length
      const figures = { 'events/s': (1_000 * ops) / reading.wallMs, 'bytes/frame': bytes / ops }
      return { sample: { ...reading, ops, bytes, figures }, answers: [] }
    },
    contents: async () => contents,
  }
}

/** From before the handshake to the last byte of the last event. */
async function replay(house: House, { cursor, ops }: { cursor: number; ops: number }) {
  const meter = startMeter(house.side)
  await using subscribers = await Subscribers.connect(house.side.url, { count: 1, cursor })
  await subscribers.haveGot(ops)
  const reading = await meter.stop()
  return { reading, recording: await subscribers.recording() }
}
