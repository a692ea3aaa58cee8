import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import type { l } from '@atproto/lex'
import { InvalidRequestError } from '@atproto/xrpc-server'
import { contentType } from './content-type.ts'
import { decodedBody } from './decoded-body.ts'
import { parseJsonBody } from './json-body.ts'
import type { XrpcLimits } from './limits.ts'
import type { XrpcMethod } from './method.ts'
import { readBody } from './read-body.ts'
import { parseTextBody } from './text-body.ts'

export interface Input {
  readonly encoding: string
  readonly body: unknown
}

export type InputReader = (request: IncomingMessage) => Promise<Input | undefined>

/**
 * How a method's body is read, settled once: nothing, JSON by its schema, text, or a stream of decoded bytes. Limits are of
 * bytes after decoding.
 */
export function inputReader(method: XrpcMethod, limits: XrpcLimits): InputReader {
  const payload = method.schema.type === 'procedure' ? method.schema.input : undefined
  const { encoding } = payload ?? {}
  if (payload === undefined || encoding === undefined) return refuseBody
  const readOf = bodyReader(encoding, payload, method, limits)
  return async (request) => {
    if (presence(request) === 'missing') {
      throw new InvalidRequestError('A request body is expected but none was provided')
    }
    const type = contentType(request.headers['content-type'])
    if (!payload.matchesEncoding(type.mime)) {
      throw new InvalidRequestError(`Wrong request encoding (Content-Type): ${type.mime}`)
    }
    return { encoding: type.mime, body: await readOf(request, type.charset) }
  }
}

type BodyReader = (request: IncomingMessage, charset: string | undefined) => Promise<unknown>

function bodyReader(
  encoding: string,
  payload: l.Payload,
  method: XrpcMethod,
  limits: XrpcLimits,
): BodyReader {
  const { bodyBytesMax, acceptsNul } = method
  if (encoding === 'application/json') {
    const bytesMax = bodyBytesMax ?? limits.jsonBytesMax
    return async (request, charset) =>
      parseJsonBody(await readBody(request, bytesMax), { charset, acceptsNul, schema: payload.schema })
  }
  if (encoding.startsWith('text/')) {
    const bytesMax = bodyBytesMax ?? limits.textBytesMax
    return async (request, charset) => parseTextBody(await readBody(request, bytesMax), charset)
  }
  const bytesMax = bodyBytesMax ?? limits.rawBytesMax
  return async (request): Promise<Readable> => decodedBody(request, bytesMax)
}

function presence({ headers }: IncomingMessage): 'present' | 'empty' | 'missing' {
  if (headers['transfer-encoding'] !== undefined) return 'present'
  if (headers['content-length'] === undefined) return 'missing'
  return headers['content-length'] === '0' ? 'empty' : 'present'
}

/** A chunked body without a byte in it is no body: some clients frame every POST so. */
async function refuseBody(request: IncomingMessage): Promise<undefined> {
  if (presence(request) !== 'present') return undefined
  if (request.headers['transfer-encoding'] === undefined || (await hasBytes(request))) {
    throw new InvalidRequestError('A request body was provided when none was expected')
  }
}

function hasBytes(request: IncomingMessage): Promise<boolean> {
  return new Promise((resolve, reject) => {
    request.once('data', () => resolve(true))
    request.once('end', () => resolve(false))
    request.once('error', () => reject(new InvalidRequestError('The request body was cut short')))
    request.once('close', () => resolve(false))
  })
}
