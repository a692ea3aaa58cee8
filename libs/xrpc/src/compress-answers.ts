import { pipeline, Readable, type Transform } from 'node:stream'
import { promisify } from 'node:util'
import {
  brotliCompress,
  constants,
  createBrotliCompress,
  createDeflate,
  createGzip,
  deflate,
  gzip,
} from 'node:zlib'
import negotiate from '@fastify/accept-negotiator'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { compressedBytesMin } from './limits.ts'

/**
 * Compresses what is text or a CAR, by Accept-Encoding, as the reference does.
 *
 * Invariant: never a part (206), never what is encoded already, never a HEAD. A compressed answer's entity tag is weak: its bytes
 * are no longer those that a Range is taken of.
 */
export function compressAnswers(app: FastifyInstance): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    const encoding = variesByEncoding(reply) && isWorthIt(payload, reply) ? encodingFor(request) : undefined
    if (encoding === undefined) return done(null, payload)
    compress(payload, encoding).then((compressed) => {
      reply.header('content-encoding', encoding).removeHeader('content-length')
      weakenTag(reply)
      done(null, compressed)
    }, done)
  })
}

/** Whether the answer is of a kind that is compressed; if so, its `vary` says that another client may be given other bytes. */
function variesByEncoding(reply: FastifyReply): boolean {
  const type = reply.getHeader('content-type')
  if (typeof type !== 'string' || !compressible.test(type) || !mayTransform(reply)) return false
  reply.header('vary', withAcceptEncoding(reply.getHeader('vary')))
  return true
}

async function compress(payload: unknown, encoding: Encoding): Promise<Readable | Buffer> {
  const { stream, whole } = coders[encoding]
  if (payload instanceof Readable) return pipeline(payload, stream(), () => {})
  return whole(payload as string | Buffer)
}

const compressible = /^(text\/|application\/(json|javascript|xml|vnd\.ipld\.car)\b|[^;]+\+(json|text|xml)\b)/i

function mayTransform(reply: FastifyReply): boolean {
  return (
    reply.statusCode !== 206 &&
    !reply.hasHeader('content-encoding') &&
    !/\bno-transform\b/i.test(String(reply.getHeader('cache-control') ?? ''))
  )
}

function withAcceptEncoding(vary: number | string | string[] | undefined): string {
  return vary === undefined ? 'Accept-Encoding' : `${vary}, Accept-Encoding`
}

type Encoding = 'br' | 'gzip' | 'deflate'

/** What the client likes best, of what we have and, if it does not care, in this order. */
function encodingFor({ method, headers }: FastifyRequest): Encoding | undefined {
  if (method === 'HEAD' || headers['accept-encoding'] === undefined) return undefined
  const known: (Encoding | 'identity')[] = ['br', 'gzip', 'deflate', 'identity']
  const best = negotiate(String(headers['accept-encoding']), known)
  return best === null || best === 'identity' ? undefined : best
}

/** A stream without a length may be of any. */
function isWorthIt(payload: unknown, reply: FastifyReply): boolean {
  if (typeof payload === 'string' || Buffer.isBuffer(payload)) {
    return Buffer.byteLength(payload) >= compressedBytesMin
  }
  return (
    payload instanceof Readable &&
    Number(reply.getHeader('content-length') ?? compressedBytesMin) >= compressedBytesMin
  )
}

interface Coder {
  whole(bytes: string | Buffer): Promise<Buffer>
  stream(): Transform
}

/** Brotli's own default is for files that are compressed once: 20 times as slow. */
const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }
const brotliWhole = promisify<string | Buffer, typeof brotli, Buffer>(brotliCompress)

const coders: Record<Encoding, Coder> = {
  br: { whole: (bytes) => brotliWhole(bytes, brotli), stream: () => createBrotliCompress(brotli) },
  gzip: { whole: promisify<string | Buffer, Buffer>(gzip), stream: () => createGzip() },
  deflate: { whole: promisify<string | Buffer, Buffer>(deflate), stream: () => createDeflate() },
}

function weakenTag(reply: FastifyReply): void {
  const tag = reply.getHeader('etag')
  if (typeof tag === 'string' && !tag.startsWith('W/')) reply.header('etag', `W/${tag}`)
}
