import { setTimeout as delay } from 'node:timers/promises'
import { openFlow, seedFlowAlone, settledSeq } from '../firehose/flow.ts'
import { Subscribers } from '../firehose/subscribers.ts'
import { tapeContents } from '../firehose/tape-contents.ts'
import type { House } from '../load/house.ts'
import { residentMb } from '../measure/memory.ts'
import { startMeter } from '../measure/meter.ts'
import type { EventTable } from '../sides/event-table.ts'
import { type Case, type OwnRounds, type Scale, scaled } from './case.ts'
import { figure, memoryGrowth, type Target } from './measure.ts'

const stalledPart = 1 / 10
const onTheWayMax = 256
const cutMsMax = 60_000
const cut = 'cut off as too slow'
const connected = 'of that by connecting'
const complete = 'missed nothing'

/**
 * Subscribers of whom every tenth takes nothing: what is kept for them? They must be cut off as too slow, and the others
 * miss nothing. The events are more than what the system itself keeps of an unread socket (5 MB).
 */
export function stalled(count: number, scale: Scale): Case {
  const ops = scale.quick ? 4_000 : 6_000
  const subscribers = scaled(count, scale)
  const stalledCount = subscribers * stalledPart
  return {
    name: `stalled-${count}`,
    inFlight: onTheWayMax,
    ops,
    oursAlone: true,
    watchesMemory: true,
    roundsMax: 1,
    measures: [
      memoryGrowth(),
      figure(connected),
      figure('MB of events'),
      figure(cut, exactly(cut, stalledCount)),
      figure(complete, exactly(complete, subscribers - stalledCount)),
    ],
    open: async (house) => {
      await seedFlowAlone(house)
      return stalledRounds(house, { count: subscribers, stalledCount, ops })
    },
  }
}

function exactly(name: string, wanted: number): Target {
  return { says: `${wanted}`, met: ({ ours }) => ours.figures[name] === wanted }
}

interface Crowd {
  readonly count: number
  readonly stalledCount: number
  readonly ops: number
}

function stalledRounds(house: House, crowd: Crowd): OwnRounds {
  let contents = ''
  const { count, stalledCount, ops } = crowd
  return {
    round: async () => {
      await using events = await openFlow(house)
      const cursor = await settledSeq(events)
      const beforeMb = residentMb(house.side)
      const meter = startMeter(house.side, { watchesMemory: true })
      await using subscribers = await Subscribers.connect(house.side.url, { count, cursor })
      const connectedMb = residentMb(house.side) - beforeMb
      subscribers.pause(stalledCount)
      await flow(events, { subscribers, ...crowd })
      await allAreCut(house, { subscribers, ...crowd })
      const reading = await meter.stop()
      subscribers.assertEqual(stalledCount)
      const recording = await subscribers.recording()
      contents = tapeContents(recording)
      const tooSlow = subscribers.departures.filter(({ lastWords }) => lastWords.includes('ConsumerTooSlow'))
      const figures = {
        [connected]: connectedMb,
        'MB of events': recording.bytes.length / 1e6,
        [cut]: tooSlow.length,
        [complete]: subscribers.countWith(ops, stalledCount),
      }
      return { sample: { ...reading, ops, figures }, answers: [] }
    },
    contents: async () => contents,
  }
}

/** Resolves when all that read have got every event. */
async function flow(
  events: EventTable,
  { subscribers, stalledCount, ops }: Crowd & { subscribers: Subscribers },
): Promise<void> {
  for (let sent = 0; sent < ops; ) {
    await subscribers.haveGot(sent - onTheWayMax + 1, stalledCount)
    const room = Math.min(ops, subscribers.least(stalledCount) + onTheWayMax) - sent
    await events.append(room)
    sent += room
  }
  await subscribers.haveGot(ops, stalledCount)
}

/** Waits until nobody serves them any more; then they read, and learn why. */
async function allAreCut(
  house: House,
  { subscribers, count, stalledCount }: Crowd & { subscribers: Subscribers },
): Promise<void> {
  const deadline = performance.now() + cutMsMax
  const left = () => house.side.own?.subscriberCount()
  while ((await left()) !== count - stalledCount) {
    if (performance.now() > deadline) throw new Error(`Subscribers served: ${await left()} of ${count}`)
    await delay(100)
  }
  subscribers.resume()
  while (subscribers.departures.length < stalledCount && performance.now() < deadline) await delay(100)
}
