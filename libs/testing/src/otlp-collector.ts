import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'

export interface CollectedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  /** Of the process that sent it. */
  readonly service: string
}

/** What takes OTLP over HTTP as JSON, as a collector does, and keeps it. */
export interface OtlpCollector extends AsyncDisposable {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT, with OTEL_EXPORTER_OTLP_PROTOCOL=http/json. */
  readonly url: string
  readonly spans: readonly CollectedSpan[]
  /** Everything as it came in. */
  text(): string
  /** The spans of a trace once all of `names` are among them; rejects after `deadlineMs`. */
  waitForTrace(traceId: string, names: readonly string[], deadlineMs?: number): Promise<CollectedSpan[]>
}

export async function startOtlpCollector(): Promise<OtlpCollector> {
  const spans: CollectedSpan[] = []
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    const body = (await json(request)) as ExportRequest
    bodies.push(JSON.stringify(body))
    if (request.url === '/v1/traces') spans.push(...spansOf(body))
    response.setHeader('content-type', 'application/json').end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    text: () => bodies.join('\n'),
    async waitForTrace(traceId, names, deadlineMs = 20_000) {
      const deadline = Date.now() + deadlineMs
      for (;;) {
        const trace = spans.filter((span) => span.traceId === traceId)
        if (names.every((name) => trace.some((span) => span.name === name))) return trace
        if (Date.now() > deadline) throw new Error(`Only ${trace.map(({ name }) => name)} came`)
        await delay(20)
      }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

interface ExportRequest {
  resourceSpans: {
    resource: { attributes: { key: string; value: { stringValue?: string } }[] }
    scopeSpans: { spans: Omit<CollectedSpan, 'service'>[] }[]
  }[]
}

function spansOf({ resourceSpans }: ExportRequest): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? ''
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ ...span, service })))
  })
}
