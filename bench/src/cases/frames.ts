import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { settledSeq } from '../firehose/flow.ts'
import { framesOf, pathOf, sharedOf } from '../firehose/frames.ts'
import { Subscribers } from '../firehose/subscribers.ts'
import { nowMs } from '../firehose/tape.ts'
import type { Answer, House } from '../load/house.ts'
import { inParallel } from '../load/in-parallel.ts'
import { startMeter } from '../measure/meter.ts'
import { quantile } from '../measure/summary.ts'
import { type Case, type Operations, type OwnRounds, type Scale, scaled } from './case.ts'
import { createPosts } from './create-record.ts'
import { cpu, figure } from './measure.ts'

const accountCount = 50
const inFlight = 64
/** A rate that is kept but for this part is kept. */
const missedMax = 0.05

/** Posts at a rate, and one subscriber: how long after the request was sent, and after it was answered, does the frame come? */
export function frames(perSecond: number, scale: Scale): Case {
  const ops = scaled(perSecond < 1_000 ? 500 : 1_500, scale)
  const met = ({ ours }: { ours: { figures: Readonly<Record<string, number>> } }) =>
    (ours.figures[rateName(perSecond)] ?? 0) >= (1 - missedMax) * perSecond
  return {
    name: `frames-${perSecond}`,
    inFlight,
    ops,
    measures: [
      figure(rateName(perSecond), { says: `${perSecond} ± ${100 * missedMax} %`, met }),
      ...latencyNames.map((name) => figure(name)),
      cpu(),
    ],
    open: (house) => framesOfPosts(house, { perSecond, ops }),
  }
}

const rateName = (perSecond: number) => `events/s, of ${perSecond} wanted`
const latencyNames = [
  'sent→frame p50 ms',
  'sent→frame p99 ms',
  'answer→frame p50 ms',
  'answer→frame p99 ms',
] as const

interface Moments {
  readonly sent: Float64Array
  readonly answered: Float64Array
}

async function framesOfPosts(
  house: House,
  { perSecond, ops }: { perSecond: number; ops: number },
): Promise<OwnRounds> {
  const posts = createPosts(house, { accounts: await house.sharedAccounts(accountCount), ops })
  let contents = ''
  return {
    round: async () => {
      await posts.prepare?.()
      await using events = await house.side.openEvents(1)
      const cursor = await settledSeq(events)
      await using subscribers = await Subscribers.connect(house.side.url, { count: 1, cursor })
      const meter = startMeter(house.side)
      const { answers, moments } = await postAtRate(posts, { perSecond, ops })
      const lastedMs = Math.max(...moments.answered) - Math.min(...moments.sent)
      await subscribers.haveGot(ops)
      const reading = await meter.stop()
      const arrived = [...framesOf(await subscribers.recording())]
      contents = `${arrived
        .map((it) => sharedOf(it, { inOrder: false }))
        .sort()
        .join('\n')}\n${await posts.contents()}`
      const figures = {
        [rateName(perSecond)]: (1_000 * ops) / lastedMs,
        ...latencies(answers, { moments, at: new Map(arrived.map((it) => [pathOf(it), it.at])) }),
      }
      return { sample: { ...reading, ops, figures }, answers }
    },
    contents: async () => contents,
  }
}

/** Each at its time, but never more in flight than 64: a server that is slower gets as many as it takes. */
async function postAtRate(posts: Operations, { perSecond, ops }: { perSecond: number; ops: number }) {
  const answers: Answer[] = []
  const moments: Moments = { sent: new Float64Array(ops), answered: new Float64Array(ops) }
  const begin = performance.now()
  await inParallel({ count: ops, inFlight }, async (index) => {
    const earlyMs = begin + (1_000 * index) / perSecond - performance.now()
    if (earlyMs > 0) await delay(earlyMs)
    moments.sent[index] = nowMs()
    answers[index] = await posts.op(index)
    moments.answered[index] = nowMs()
  })
  return { answers, moments }
}

function latencies(
  answers: readonly Answer[],
  { moments, at }: { moments: Moments; at: ReadonlyMap<string, number> },
): Record<string, number> {
  const frameAt = Float64Array.from(
    answers,
    ({ body }) => at.get(JSON.parse(body).uri.slice('at://'.length)) ?? Number.NaN,
  )
  const after = (from: Float64Array) => frameAt.map((ms, index) => ms - (from[index] ?? Number.NaN))
  const [sent, answered] = [after(moments.sent), after(moments.answered)]
  const values = [
    quantile(sent, 0.5),
    quantile(sent, 0.99),
    quantile(answered, 0.5),
    quantile(answered, 0.99),
  ]
  return Object.fromEntries(latencyNames.map((name, index) => [name, values[index] ?? Number.NaN]))
}
