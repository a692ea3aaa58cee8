import { createLogger } from '@heronry/telemetry/logger'
import { Metrics } from '@heronry/telemetry/metrics'
import { inSpan, startSpan } from '@heronry/telemetry/span'
import { startTracing } from '@heronry/telemetry/start-tracing'
import { type OtlpCollector, startOtlpCollector } from '@heronry/testing/otlp-collector'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { handle } from '../src/handler.ts'
import { createWorker } from '../src/worker.ts'
import { carry, jobs, lift, openWorkshop, until } from './workshop.ts'

let collector: OtlpCollector
let tracing: AsyncDisposable

beforeAll(async () => {
  collector = await startOtlpCollector()
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector.url)
  tracing = await startTracing(
    { protocol: 'http/json', ratio: 1, delayMs: 20 },
    { service: 'test', version: '1' },
  )
})

afterAll(async () => {
  await tracing[Symbol.asyncDispose]()
  await collector[Symbol.asyncDispose]()
})

test('a job and what it does belong to the trace that enqueued it; a recurring job to none', async () => {
  await using workshop = await openWorkshop('in this process')
  const { db } = workshop
  await inSpan('request', {}, async () => {
    await workshop.order(carry, { payload: { label: 'hunter2' } })
    await inSpan('inner', {}, async () => {})
  })
  const [stored] = (await jobs(db)).map(({ trace_context }) => trace_context as { traceparent: string })
  const traceId = stored?.traceparent.split('-')[1] ?? ''
  const again = { everyMs: 60_000 }
  workshop.work([
    handle(carry, () => inSpan('work', {}, async () => {})),
    handle(lift, async () => {}, again),
  ])
  const trace = await collector.waitForTrace(traceId, ['request', 'job carry', 'work'])
  const span = (name: string) => trace.find((it) => it.name === name)
  expect(span('job carry')?.parentSpanId).toBe(span('request')?.spanId)
  expect(span('work')?.parentSpanId).toBe(span('job carry')?.spanId)
  const recurring = (await jobs(db)).filter(({ name }) => name === 'lift')
  expect(recurring.map(({ trace_context }) => trace_context)).toEqual(recurring.map(() => null))
  expect(collector.text()).not.toContain('hunter2')
})

test('what was never told of a trace begins one of its own', async () => {
  await using workshop = await openWorkshop('in this process')
  await workshop.order(carry, { payload: { label: 'a' } })
  expect((await jobs(workshop.db)).map(({ trace_context }) => trace_context)).toEqual([null])
  let traceId = ''
  workshop.work([
    handle(carry, async () => {
      const span = startSpan('own')
      traceId = span.spanContext().traceId
      span.end()
    }),
  ])
  await until(() => traceId !== '')
  await collector.waitForTrace(traceId, ['own', 'job carry'])
})

test('a scrape shows what waits in a queue, since when, and how attempts ended', async () => {
  await using workshop = await openWorkshop('in this process')
  const { db } = workshop
  const metrics = new Metrics({ service: 'test', version: '1' })
  const logger = createLogger({ service: 'test', level: 'fatal', enabled: false })
  const hour = 3_600_000
  await workshop.order(lift, { payload: { label: 'late' }, runAt: new Date(Date.now() - hour) })
  await workshop.order(lift, { payload: { label: 'later' }, runAt: new Date(Date.now() + hour) })
  await workshop.order(carry, { payload: { label: 'of another queue' } })
  const ending = new AbortController()
  const fails = handle(lift, () => Promise.reject(new Error('no')))
  const worker = createWorker({ db, logger, metrics, handlers: [fails] })
  const shown = async () => (await metrics.text()).split('\n')
  expect(await shown()).toContain('pds_jobs_pending{queue="lift"} 1')
  const age = (await shown()).find((line) => line.startsWith('pds_jobs_oldest_age_seconds{queue="lift"}'))
  expect(Number(age?.split(' ')[1])).toBeGreaterThanOrEqual(3600)
  expect((await shown()).join()).not.toContain('queue="carry"')
  const running = worker.run(ending.signal)
  const retried = 'pds_jobs_failed_total{queue="lift",outcome="retried"} 1'
  await until(async () => (await shown()).includes(retried))
  ending.abort()
  await running
  expect(await shown()).toContain('pds_job_duration_seconds_count{queue="lift",result="failed"} 1')
  expect(await shown()).toContain('pds_jobs_pending{queue="lift"} 0')
  expect(await shown()).toContain('pds_jobs_oldest_age_seconds{queue="lift"} 0')
})
