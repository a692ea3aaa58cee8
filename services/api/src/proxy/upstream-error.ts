import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import { ResponseType, XRPCError } from '@atproto/xrpc-server'
import { HeronryError } from '@heronry/core/error'
import { type Collected, isJson } from './collected-body.ts'
import { errorBytesMax } from './limits.ts'

/**
 * What a client is told where an upstream refused: the same status, name and message, but for a 500, which is the upstream's and not ours.
 * Nobody follows a redirect: it leads where nobody looked.
 */
export async function upstreamError(answer: Collected): Promise<Error> {
  const { status } = answer
  if (status < 400 || status > 599)
    return new HeronryError('UpstreamFailure', `Upstream service answered ${status}`)
  const { error, message } = await told(answer)
  const type = status === 500 ? ResponseType.UpstreamFailure : status
  return new XRPCError(type, message, error ?? ResponseType[type] ?? 'UpstreamFailure')
}

async function told(answer: Collected): Promise<{ error?: string; message?: string }> {
  if (!isJson(answer.headers)) return {}
  try {
    const body: unknown = JSON.parse((await decoded(answer)).toString('utf8'))
    const { error, message } = (body ?? {}) as Record<string, unknown>
    return {
      ...(typeof error === 'string' && { error }),
      ...(typeof message === 'string' && { message }),
    }
  } catch {
    return {} // It is no JSON after all: its status is all that it says.
  }
}

/** The bytes of an answer with their coding undone. Throws for a coding that we do not have, and past `errorBytesMax`. */
export async function decoded({ headers, body }: Collected, bytesMax = errorBytesMax): Promise<Buffer> {
  const coding = headers['content-encoding'] ?? 'identity'
  if (coding === 'identity') return body
  const decode = decoders[String(coding)]
  if (decode === undefined) throw new Error('An unknown coding')
  return await decode(body, { maxOutputLength: bytesMax })
}

const decoders: Record<string, (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>> = {
  gzip: promisify(gunzip) as never,
  deflate: promisify(inflate) as never,
  br: promisify(brotliDecompress) as never,
}
