/** What of a span is looked at. */
export interface ExportedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  /** Traces it has to do with, without belonging to them. */
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[]
}

/** As OTLP has it in JSON, of which only this is looked at. */
export interface ExportRequest {
  resourceSpans: {
    resource: { attributes: { key: string; value: { stringValue?: string } }[] }
    scopeSpans: { spans: ExportedSpan[] }[]
  }[]
}

/** An ExportTraceServiceRequest, by the field numbers of opentelemetry-proto v1. Throws at bytes that are no message. */
export function readExport(bytes: Buffer): ExportRequest {
  return {
    resourceSpans: messages(bytes, 1).map((resourceSpans) => ({
      resource: { attributes: messages(message(resourceSpans, 1), 1).map(attribute) },
      scopeSpans: messages(resourceSpans, 2).map((scopeSpans) => ({
        spans: messages(scopeSpans, 2).map((span) => ({
          traceId: message(span, 1).toString('hex'),
          spanId: message(span, 2).toString('hex'),
          parentSpanId: message(span, 4).toString('hex'),
          name: message(span, 5).toString(),
          links: messages(span, 13).map((link) => ({
            traceId: message(link, 1).toString('hex'),
            spanId: message(link, 2).toString('hex'),
          })),
        })),
      })),
    })),
  }
}

function attribute(keyValue: Buffer) {
  return {
    key: message(keyValue, 1).toString(),
    value: { stringValue: message(message(keyValue, 2), 1).toString() },
  }
}

/** The first value of a field that has a length: a message, text or bytes. Empty where it is not set. */
function message(bytes: Buffer, field: number): Buffer {
  return messages(bytes, field)[0] ?? Buffer.alloc(0)
}

/** Every value of a field that has a length, in order; other fields are stepped over by their wire type. */
function messages(bytes: Buffer, field: number): Buffer[] {
  const found: Buffer[] = []
  let offset = 0
  const varint = () => {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const byte = bytes.readUInt8(offset++)
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
  const take = (length: number) => {
    if (offset + length > bytes.length) throw new Error('A protobuf field is longer than its message')
    offset += length
    return bytes.subarray(offset - length, offset)
  }
  while (offset < bytes.length) {
    const tag = varint()
    const [number, wireType] = [Math.floor(tag / 8), tag % 8]
    if (wireType === 0) varint()
    else if (wireType === 1) take(8)
    else if (wireType === 5) take(4)
    else if (wireType === 2) {
      const value = take(varint())
      if (number === field) found.push(value)
    } else throw new Error(`Wire type ${wireType} is none of protobuf's`)
  }
  return found
}
