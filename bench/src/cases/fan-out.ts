import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { openFlow, seedFlow, settledSeq } from '../firehose/flow.ts'
import { Subscribers } from '../firehose/subscribers.ts'
import { tapeContents } from '../firehose/tape-contents.ts'
import type { House } from '../load/house.ts'
import { beyond, type Reading, startMeter } from '../measure/meter.ts'
import type { EventTable } from '../sides/event-table.ts'
import { type Case, type OwnRounds, type Scale, scaled } from './case.ts'
import { cpu, figure, figureAtMost, perSecond } from './measure.ts'

/** Events that not all subscribers have got yet: below what the reference keeps for one that is slow. */
const onTheWayMax = 64
const lookAgainMs = 1
const deliveriesMax = 100_000
const eventsMax = 2_000

/** When a number of events was appended, in ms from the beginning. */
type Timeline = readonly { readonly atMs: number; readonly count: number }[]

/**
 * Events for so many subscribers. CPU per event and subscriber is what the same events, appended at the same moments, cost beyond
 * what they cost when nobody listens.
 */
export function fanOut(count: number, scale: Scale): Case {
  const ops = scaled(Math.min(eventsMax, deliveriesMax / count), scale)
  const ofEach = 'CPU µs/event/subscriber'
  return {
    name: `fanOut-${count}`,
    inFlight: onTheWayMax,
    ops,
    measures: [count < 10 ? figure(ofEach) : figureAtMost(ofEach, 1 / 8), cpu(), perSecond],
    open: async (house) => {
      await seedFlow(house)
      return fanOutRounds(house, { count, ops, ofEach })
    },
  }
}

interface FanOut {
  readonly count: number
  readonly ops: number
  readonly ofEach: string
}

function fanOutRounds(house: House, { count, ops, ofEach }: FanOut): OwnRounds {
  let contents = ''
  return {
    round: async () => {
      await using events = await openFlow(house)
      const { reading, timeline, ...flow } = await flowTo(house, { events, count, ops })
      contents = flow.contents
      const alone = await flowToNobody(house, { events, timeline, wallMs: reading.wallMs })
      const figures = { [ofEach]: (1_000 * beyond(reading.cpu, alone.cpu)) / (ops * count) }
      return { sample: { ...reading, ops, latenciesMs: new Float64Array(), bytes: 0, figures }, answers: [] }
    },
    contents: async () => contents,
  }
}

/** Resolves when every subscriber has got every event. */
async function flowTo(
  house: House,
  { events, count, ops }: { events: EventTable; count: number; ops: number },
) {
  const cursor = await settledSeq(events)
  await using subscribers = await Subscribers.connect(house.side.url, { count, cursor })
  const timeline: { atMs: number; count: number }[] = []
  const meter = startMeter(house.side)
  const begin = performance.now()
  for (let sent = 0; sent < ops; ) {
    await subscribers.haveGot(sent - onTheWayMax + 1)
    const room = Math.min(ops, subscribers.least() + onTheWayMax) - sent
    timeline.push({ atMs: performance.now() - begin, count: room })
    await events.append(room)
    sent += room
    await delay(lookAgainMs)
  }
  await subscribers.haveGot(ops)
  const reading = await meter.stop()
  return { reading, timeline, contents: tapeContents(await subscribers.recording()) }
}

async function flowToNobody(
  house: House,
  { events, timeline, wallMs }: { events: EventTable; timeline: Timeline; wallMs: number },
): Promise<Reading> {
  await settledSeq(events)
  const meter = startMeter(house.side)
  const begin = performance.now()
  const until = (atMs: number) => delay(Math.max(0, atMs - (performance.now() - begin)))
  for (const { atMs, count } of timeline) {
    await until(atMs)
    await events.append(count)
  }
  await until(wallMs)
  return await meter.stop()
}
