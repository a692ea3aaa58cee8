import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { openFlow, seedFlow, settledSeq } from '../firehose/flow.ts'
import { Subscribers } from '../firehose/subscribers.ts'
import { tapeContents } from '../firehose/tape-contents.ts'
import type { House } from '../load/house.ts'
import { total } from '../measure/cpu.ts'
import { type Reading, startMeter } from '../measure/meter.ts'
import type { EventTable } from '../sides/event-table.ts'
import { type Case, type OwnRounds, type Scale, scaled } from './case.ts'
import { figure, figureAtMost, perSecond } from './measure.ts'

/** Events that not all subscribers have got yet: below what the reference keeps for one that is slow. */
const onTheWayMax = 64
/** At most so many events in so many ms: a server that is not pressed does its background work alike with and without subscribers. */
const eventsAtOnce = 4
const everyMs = 10
const deliveriesMax = 100_000
const eventsMax = 2_000
/** With one the difference is noise anyway. */
const eventsForOne = 1_000

/** When a number of events was appended, in ms from the beginning. */
type Timeline = readonly { readonly atMs: number; readonly count: number }[]

/**
 * Events for so many subscribers. CPU per event and subscriber is what the same events, appended at the same moments, cost beyond
 * what they cost when nobody listens.
 */
export function fanOut(count: number, scale: Scale): Case {
  const ops = scaled(count === 1 ? eventsForOne : Math.min(eventsMax, deliveriesMax / count), scale)
  return {
    name: `fanOut-${count}`,
    inFlight: onTheWayMax,
    ops,
    measures: [count < 10 ? figure(ofEach) : figureAtMost(ofEach, 1 / 8), figure(ofAll), perSecond],
    open: async (house) => {
      await seedFlow(house)
      return fanOutRounds(house, { count, ops })
    },
  }
}

interface FanOut {
  readonly count: number
  readonly ops: number
}

const ofEach = 'CPU µs/event/subscriber'
const ofAll = 'with numbering'

function fanOutRounds(house: House, { count, ops }: FanOut): OwnRounds {
  let contents = ''
  return {
    round: async () => {
      await using events = await openFlow(house)
      const { reading, timeline, ...flow } = await flowTo(house, { events, count, ops })
      contents = flow.contents
      const alone = await flowToNobody(house, { events, timeline, wallMs: reading.wallMs })
      const each = (cpuMs: number) => (1_000 * cpuMs) / (ops * count)
      const figures = {
        [ofEach]: each(total(reading.cpu) - total(alone.cpu)),
        [ofAll]: each(total(reading.cpu)),
      }
      return { sample: { ...reading, ops, figures }, answers: [] }
    },
    contents: async () => contents,
  }
}

/** Resolves when every subscriber has got every event. */
async function flowTo(house: House, { events, count, ops }: FanOut & { events: EventTable }) {
  const cursor = await settledSeq(events)
  await using subscribers = await Subscribers.connect(house.side.url, { count, cursor })
  const timeline: { atMs: number; count: number }[] = []
  const meter = startMeter(house.side)
  const begin = performance.now()
  for (let sent = 0; sent < ops; ) {
    const atOnce = Math.min(eventsAtOnce, ops - sent)
    await subscribers.haveGot(sent + atOnce - onTheWayMax)
    timeline.push({ atMs: performance.now() - begin, count: atOnce })
    const turn = delay(everyMs)
    await events.append(atOnce)
    sent += atOnce
    await turn
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
