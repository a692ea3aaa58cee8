import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { type ExportedSpan, type ExportRequest, readExport } from './otlp-protobuf.ts'

export interface CollectedSpan extends ExportedSpan {
  /** Of the process that sent it. */
  readonly service: string
}

/** What takes OTLP over HTTP, as JSON and as protobuf, as a collector does, and keeps it. */
export interface OtlpCollector extends AsyncDisposable {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
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
    const body = await buffer(request)
    const type = request.headers['content-type'] ?? ''
    bodies.push(body.toString('latin1'))
    if (request.url === '/v1/traces') spans.push(...spansOf(parse(type, body)))
    // An empty message, in either form.
    response.setHeader('content-type', type).end(type === protobuf ? '' : '{}')
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

const protobuf = 'application/x-protobuf'

function parse(type: string, body: Buffer): ExportRequest {
  return type === protobuf ? readExport(body) : (JSON.parse(body.toString()) as ExportRequest)
}

function spansOf({ resourceSpans }: ExportRequest): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? ''
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ ...span, service })))
  })
}
