import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { InvalidRequestError } from '@atproto/xrpc-server'
import { bodyFault } from './body-fault.ts'
import { decodedBody, payloadTooLarge } from './decoded-body.ts'

/**
 * The whole body, decoded. Throws 413 past `bytesMax`, 415 for an unknown coding, 400 for a body that is cut short or does not
 * decode. A plain body is collected without a pipeline: it is what almost every request brings.
 */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const isPlain = (request.headers['content-encoding'] ?? 'identity') === 'identity'
  if (!isPlain) return collect(decodedBody(request, bytesMax), bytesMax)
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw payloadTooLarge()
  return collect(request, bytesMax)
}

function collect(stream: Readable, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let count = 0
    const onData = (chunk: Buffer) => {
      count += chunk.length
      if (count <= bytesMax) return chunks.push(chunk)
      stream.off('data', onData)
      stream.resume()
      reject(payloadTooLarge())
    }
    stream.on('data', onData)
    stream.once('end', () => resolve(Buffer.concat(chunks)))
    stream.once('error', (cause) => reject(bodyFault(cause)))
    stream.once('close', () => {
      if (!stream.readableEnded) reject(new InvalidRequestError('The request body was cut short'))
    })
  })
}
