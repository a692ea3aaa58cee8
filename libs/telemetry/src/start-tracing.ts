import { context, propagation, trace } from '@opentelemetry/api'
import type { SpanExporter } from '@opentelemetry/sdk-trace'
import { exportFlushMsMax } from './limits.ts'

/**
 * How traces leave the process. Where they go, with which headers and time-outs, OTEL_EXPORTER_OTLP_* says to the exporter
 * itself, as OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES do to the resource.
 */
export interface TracingOptions {
  readonly protocol: 'http/protobuf' | 'http/json'
  /** The share kept of the traces that begin here, 0 to 1. What comes in with a trace follows the decision it brings. */
  readonly ratio: number
  /** Between two batches. */
  readonly delayMs: number
}

/**
 * Makes the spans of this process real; undefined options leave them nothing. The SDK (85 ms of start) is loaded only when it is
 * wanted. Once a process, as the OpenTelemetry API has it.
 *
 * Disposing sends what is left, for a while. kill -9 → the spans since the last batch are lost.
 */
export async function startTracing(
  options: TracingOptions | undefined,
  { service, version }: { service: string; version: string },
): Promise<AsyncDisposable> {
  if (options === undefined) return { async [Symbol.asyncDispose]() {} }
  const [sdk, resources, { W3CTraceContextPropagator }, { AsyncLocalStorageContextManager }, exporter] =
    await Promise.all([
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/core'),
      import('@opentelemetry/context-async-hooks'),
      openExporter(options),
    ])
  const named = resources.resourceFromAttributes({
    'service.name': `heronry-${service}`,
    'service.namespace': 'heronry',
    'service.version': version,
  })
  const detectors = [resources.resourceAttributesEnvDetector, resources.serviceNameEnvDetector]
  const resource = resources.defaultResource().merge(named).merge(resources.detectResources({ detectors }))
  const root = new sdk.TraceIdRatioBasedSampler(options.ratio)
  const provider = new sdk.TracerProvider({
    resource,
    sampler: new sdk.ParentBasedSampler({ root }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter, scheduledDelayMillis: options.delayMs })],
  })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  trace.setGlobalTracerProvider(provider)
  return { [Symbol.asyncDispose]: () => inTime(provider.shutdown()) }
}

async function openExporter({ protocol }: TracingOptions): Promise<SpanExporter> {
  const { OTLPTraceExporter } =
    protocol === 'http/json'
      ? await import('@opentelemetry/exporter-trace-otlp-http')
      : await import('@opentelemetry/exporter-trace-otlp-proto')
  return new OTLPTraceExporter()
}

/** A collector that does not answer must not keep the process from ending; spans are no reason to fail either. */
async function inTime(sending: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, exportFlushMsMax)
  await Promise.race([sending.catch(() => {}), late.promise])
  clearTimeout(timer)
}
