import type { IncomingMessage } from 'node:http'
import { type Duplex, pipeline, type Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { InvalidRequestError, ResponseType, XRPCError } from '@atproto/xrpc-server'
import { ByteLimit } from './byte-limit.ts'
import { contentCodingsMax, encodedBytesMax } from './limits.ts'

/**
 * The bytes of a body with its Content-Encoding undone (RFC 9110 §8.4). The stream fails with 413 once it has given
 * `bytesMax`; what comes in and what stands between two codings is bounded too, so that no input costs more than its limit.
 * Throws 413 for a body announced as too long, 415 for a coding we do not have.
 */
export function decodedBody(request: IncomingMessage, bytesMax: number): Readable {
  const decoders = bodyDecoders(request.headers['content-encoding'])
  const wireBytesMax = decoders.length === 0 ? bytesMax : encodedBytesMax(bytesMax)
  if (Number(request.headers['content-length'] ?? 0) > wireBytesMax) throw payloadTooLarge()
  const entry = new ByteLimit(wireBytesMax, payloadTooLarge)
  feed(entry, request)
  const stages: Duplex[] = decoders.flatMap((decoder, index) => {
    const isLast = index === decoders.length - 1
    return [decoder, new ByteLimit(isLast ? bytesMax : encodedBytesMax(bytesMax), payloadTooLarge)]
  })
  // The last stage fails with the error of any before it.
  const last = stages.length === 0 ? entry : pipeline([entry, ...stages], () => {})
  return unheard(last as unknown as Readable)
}

/** The bytes of a body as they come, coded or not. The stream fails with 413 past `bytesMax`; throws that for one announced as too long. */
export function rawBody(request: IncomingMessage, bytesMax: number): Readable {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw payloadTooLarge()
  const entry = new ByteLimit(bytesMax, payloadTooLarge)
  feed(entry, request)
  return unheard(entry)
}

/** A client that goes before anybody reads must not end the process: the error waits in the stream for its reader. */
function unheard(stream: Readable): Readable {
  return stream.on('error', () => {})
}

/**
 * Not by `pipeline`: it would destroy the request, and with it the connection that the answer is to be written on. When `entry`
 * has had enough, the rest is read and dropped.
 */
function feed(entry: ByteLimit, request: IncomingMessage): void {
  const cutShort = (cause?: Error) =>
    entry.destroy(new InvalidRequestError('The request body was cut short', undefined, { cause }))
  request.once('error', cutShort)
  request.once('close', () => {
    if (!request.complete) cutShort()
  })
  entry.once('close', () => {
    request.unpipe(entry)
    request.resume()
  })
  request.pipe(entry)
}

export function payloadTooLarge(): XRPCError {
  return new XRPCError(ResponseType.PayloadTooLarge, 'request entity too large')
}

function bodyDecoders(header: string | undefined): Duplex[] {
  const codings = (header ?? '')
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity')
  const known =
    codings.length <= contentCodingsMax && codings.every((coding) => Object.hasOwn(decoders, coding))
  if (!known) throw new XRPCError(ResponseType.UnsupportedMediaType, 'unsupported content-encoding')
  return codings.reverse().flatMap((coding) => decoders[coding]?.() ?? [])
}

const decoders: Record<string, () => Duplex> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}
