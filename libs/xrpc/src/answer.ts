import { Readable } from 'node:stream'
import { type LexValue, lexStringify } from '@atproto/lex'
import type { FastifyReply } from 'fastify'
import type { LexAnswer, RawAnswer } from './method.ts'

/** Sends what a handler answered. A stream that fails before its first byte is still answered as an error. */
export function sendAnswer(
  reply: FastifyReply,
  answer: LexAnswer<unknown> | RawAnswer | undefined,
): FastifyReply {
  if (answer === undefined) return reply.code(200).send()
  reply.code(answer.status ?? 200)
  for (const [name, value] of Object.entries(answer.headers ?? {})) {
    if (value !== undefined) reply.header(name, value)
  }
  if ('body' in answer) {
    return reply.type('application/json; charset=utf-8').send(lexStringify(answer.body as LexValue))
  }
  reply.header('content-type', answer.encoding)
  if (answer.stream !== undefined) return sendStream(reply, answer.stream)
  return reply.send(answer.buffer === undefined ? undefined : asBuffer(answer.buffer))
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}

function sendStream(reply: FastifyReply, source: Readable | AsyncIterable<Uint8Array>): FastifyReply {
  const stream = source instanceof Readable ? source : Readable.from(source, { objectMode: false })
  if (reply.request.method !== 'HEAD') return reply.send(stream)
  stream.destroy()
  return reply.send()
}
