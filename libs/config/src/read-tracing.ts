import type { Environment } from './environment-reader.ts'
import type { TracingConfig } from './house-config.ts'

/**
 * OTEL_* as OpenTelemetry has them: traces are made only where there is somewhere to send them. Everything else about where and
 * how (OTEL_EXPORTER_OTLP_HEADERS, OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES …) is read by its own library.
 */
export function readTracing(environment: Environment, problems: string[]): TracingConfig | undefined {
  const { OTEL_SDK_DISABLED, OTEL_TRACES_EXPORTER } = environment
  if (OTEL_SDK_DISABLED?.toLowerCase() === 'true' || OTEL_TRACES_EXPORTER === 'none') return undefined
  const endpoint = first(environment, ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'])
  if (endpoint === undefined) return undefined
  if (!URL.canParse(endpoint.value)) problems.push(`${endpoint.name} must be a URL`)
  return {
    protocol: readProtocol(environment, problems),
    ratio: readRatio(environment, problems),
    delayMs: readDelay(environment, problems),
  }
}

function readProtocol(environment: Environment, problems: string[]): TracingConfig['protocol'] {
  const found = first(environment, ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'])
  if (found === undefined || found.value === 'http/protobuf') return 'http/protobuf'
  if (found.value !== 'http/json') problems.push(`${found.name} must be http/protobuf or http/json`)
  return 'http/json'
}

function readRatio(environment: Environment, problems: string[]): number {
  const sampler = environment['OTEL_TRACES_SAMPLER'] || 'parentbased_always_on'
  if (sampler === 'parentbased_always_on') return 1
  if (sampler === 'parentbased_always_off') return 0
  if (sampler !== 'parentbased_traceidratio') {
    problems.push(
      'OTEL_TRACES_SAMPLER must be parentbased_always_on, parentbased_always_off or parentbased_traceidratio',
    )
    return 1
  }
  const ratio = Number(environment['OTEL_TRACES_SAMPLER_ARG'] || '1')
  if (ratio >= 0 && ratio <= 1) return ratio
  problems.push('OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1')
  return 1
}

function readDelay(environment: Environment, problems: string[]): number {
  const delayMs = Number(environment['OTEL_BSP_SCHEDULE_DELAY'] || '5000')
  if (Number.isSafeInteger(delayMs) && delayMs > 0) return delayMs
  problems.push('OTEL_BSP_SCHEDULE_DELAY must be a whole number of milliseconds')
  return 5000
}

/** An empty variable counts as unset. */
function first(
  environment: Environment,
  names: readonly string[],
): { name: string; value: string } | undefined {
  for (const name of names) {
    const value = environment[name]
    if (value) return { name, value }
  }
  return undefined
}
