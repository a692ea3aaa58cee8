import {
  type Attributes,
  type Context,
  context,
  INVALID_SPAN_CONTEXT,
  type Link,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'

export { type Span, SpanKind }

export interface SpanOptions {
  readonly kind?: SpanKind
  /** Where it belongs, unless to what runs now. */
  readonly parent?: Context
  /** Never a DID, a handle, an address or anything of a record. */
  readonly attributes?: Attributes
  /** What it has to do with, without belonging to it. */
  readonly links?: Link[]
}

export function startSpan(name: string, { parent, ...options }: SpanOptions = {}): Span {
  return trace.getTracer('heronry').startSpan(name, options, parent ?? context.active())
}

/** Runs `body` in a span of its own, which what `body` starts belongs to. */
export async function inSpan<T>(name: string, options: SpanOptions, body: () => Promise<T>): Promise<T> {
  const span = startSpan(name, options)
  try {
    return await context.with(trace.setSpan(options.parent ?? context.active(), span), body)
  } catch (error) {
    failSpan(span, error)
    throw error
  } finally {
    span.end()
  }
}

/** Only the kind of the error: its message may tell what a trace should not. */
export function failSpan(span: Span, error: unknown): void {
  span.setAttribute('error.type', error instanceof Error ? error.name : 'unknown')
  span.setStatus({ code: SpanStatusCode.ERROR })
}

/** The trace that runs now, as W3C fields (`traceparent`, `tracestate`) to be stored; null where nobody traces. */
export function carriedTrace(): Record<string, string> | null {
  const carrier: Record<string, string> = {}
  propagation.inject(context.active(), carrier)
  return carrier['traceparent'] === undefined ? null : carrier
}

const silent = trace.wrapSpanContext(INVALID_SPAN_CONTEXT)

/** Before the SDK is loaded, nothing reads the headers of a trace. */
function nobodyTraces(): boolean {
  return propagation.fields().length === 0
}

/** Runs `body` as if nothing had led to it: what recurs would else be one trace without an end. */
export function untraced<T>(body: () => T): T {
  return context.with(ROOT_CONTEXT, body)
}

/** The trace that `carrier` (headers, or what was stored) brings; else the beginning of a new one. */
export function carriedContext(carrier: unknown): Context {
  const fields = typeof carrier === 'object' && carrier !== null ? carrier : {}
  return propagation.extract(ROOT_CONTEXT, fields)
}

export interface Asked {
  readonly headers: unknown
  /** Whether who asks may choose our trace ids and what is sampled: not a stranger. */
  readonly isTrusted: boolean
  readonly next: (span: Span) => void
}

/**
 * The span of what a client asked for, in which `next` runs. It belongs to the trace its headers bring where the client is trusted; else
 * it begins a trace of its own, sampled by our own rule, which is linked to that of the client.
 */
export function startServerSpan(name: string, { headers, isTrusted, next }: Asked): void {
  if (nobodyTraces()) {
    next(silent)
    return
  }
  const brought = carriedContext(headers)
  const origin = trace.getSpanContext(brought)
  const parent = isTrusted ? brought : ROOT_CONTEXT
  const links = isTrusted || origin === undefined ? [] : [{ context: origin }]
  const span = startSpan(name, { kind: SpanKind.SERVER, parent, links })
  context.with(trace.setSpan(parent, span), () => next(span))
}
