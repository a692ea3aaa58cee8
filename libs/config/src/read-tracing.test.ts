import { expect, test } from 'vitest'
import { readTracing } from './read-tracing.ts'

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }

function read(environment: Record<string, string>) {
  const problems: string[] = []
  return { tracing: readTracing(environment, problems), problems }
}

test('nothing is traced without an endpoint, or where the SDK is disabled', () => {
  const nothing = { tracing: undefined, problems: [] }
  expect(read({})).toEqual(nothing)
  expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT: '' })).toEqual(nothing)
  expect(read({ OTEL_TRACES_SAMPLER: 'nonsense' })).toEqual(nothing)
  expect(read({ ...endpoint, OTEL_SDK_DISABLED: 'true' })).toEqual(nothing)
  expect(read({ ...endpoint, OTEL_TRACES_EXPORTER: 'none' })).toEqual(nothing)
})

test('an endpoint alone traces everything, by protobuf', () => {
  const everything = { tracing: { protocol: 'http/protobuf', ratio: 1, delayMs: 5000 }, problems: [] }
  expect(read(endpoint)).toEqual(everything)
  expect(read({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector/v1/traces' })).toEqual(everything)
})

test('a share of the traces is kept where the sampler says so', () => {
  const sampler = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' }
  expect(read({ ...endpoint, ...sampler }).tracing?.ratio).toBe(0.25)
})

test('what is not understood is a problem, each', () => {
  const { problems } = read({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'collector',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '2',
    OTEL_BSP_SCHEDULE_DELAY: 'soon',
  })
  expect(problems).toEqual([
    'OTEL_EXPORTER_OTLP_ENDPOINT must be a URL',
    'OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf or http/json',
    'OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1',
    'OTEL_BSP_SCHEDULE_DELAY must be a whole number of milliseconds',
  ])
})
