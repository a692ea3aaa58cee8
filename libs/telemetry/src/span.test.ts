import { context, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import {
  InMemorySpanExporter,
  ParentBasedSampler,
  SimpleSpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { carriedContext, carriedTrace, inSpan, startServerSpan } from './span.ts'

const exporter = new InMemorySpanExporter()

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
})
afterEach(() => {
  exporter.reset()
  trace.disable()
})
afterAll(() => {
  context.disable()
  propagation.disable()
})

function sample(ratio: number): void {
  trace.disable()
  const sampler = new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) })
  const spanProcessors = [new SimpleSpanProcessor({ exporter })]
  trace.setGlobalTracerProvider(new TracerProvider({ sampler, spanProcessors }))
}

const traceId = '0af7651916cd43dd8448eb211c80319c'
const spanId = 'b7ad6b7169203331'
const traceparent = (flags: '00' | '01') => `00-${traceId}-${spanId}-${flags}`

function serve(isTrusted: boolean, headers: Record<string, string>) {
  startServerSpan('GET /', { headers, isTrusted, next: (span) => span.end() })
  return exporter.getFinishedSpans()[0]
}

test('whom we trust brings the trace', () => {
  sample(1)
  const span = serve(true, { traceparent: traceparent('01') })
  expect(span?.spanContext().traceId).toBe(traceId)
  expect(span?.parentSpanContext?.spanId).toBe(spanId)
  expect(span?.links).toEqual([])
})

test("a stranger's trace is not joined, but linked to", () => {
  sample(1)
  const span = serve(false, { traceparent: traceparent('01') })
  expect(span?.spanContext().traceId).not.toBe(traceId)
  expect(span?.parentSpanContext).toBeUndefined()
  expect(span?.links.map((link) => link.context)).toMatchObject([{ traceId, spanId }])
})

test('a stranger decides neither that we sample nor that we do not', () => {
  sample(0)
  expect(serve(false, { traceparent: traceparent('01') })).toBeUndefined()
  sample(1)
  expect(serve(false, { traceparent: traceparent('00') })).toBeDefined()
})

test.each(['', 'x', '00-0-0-00', `ff-${traceId}-${spanId}-01`, `00-${'0'.repeat(32)}-${spanId}-01`])(
  'the traceparent "%s" is as none',
  (text) => {
    sample(1)
    for (const isTrusted of [true, false]) {
      const span = serve(isTrusted, { traceparent: text })
      expect(span?.parentSpanContext).toBeUndefined()
      expect(span?.links).toEqual([])
    }
  },
)

test('what was stored of a trace brings it back, in whatever process', async () => {
  sample(1)
  const stored = await inSpan('request', {}, async () => carriedTrace())
  await inSpan('job', { parent: carriedContext(structuredClone(stored)) }, async () => {})
  const [request, job] = exporter.getFinishedSpans()
  expect(job?.spanContext().traceId).toBe(request?.spanContext().traceId)
  expect(job?.parentSpanContext?.spanId).toBe(request?.spanContext().spanId)
})

test('of an error a span tells its kind alone', async () => {
  sample(1)
  const failing = inSpan('request', {}, () => Promise.reject(new TypeError('of hunter2')))
  await expect(failing).rejects.toThrow('hunter2')
  const [span] = exporter.getFinishedSpans()
  expect(span?.attributes).toEqual({ 'error.type': 'TypeError' })
  expect(JSON.stringify([span?.status, span?.events])).not.toContain('hunter2')
})
