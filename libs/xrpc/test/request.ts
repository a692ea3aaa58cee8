import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'

export interface Answer {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  /** With its Content-Encoding undone. */
  readonly text: string
  /** The text as JSON; undefined where it is none. */
  readonly json: unknown
}

export interface Asked {
  readonly method?: string
  readonly path: string
  readonly headers?: Record<string, string>
  /** Several chunks, or `chunked`, are sent in chunked transfer encoding. */
  readonly body?: string | Uint8Array
  readonly chunked?: boolean
}

/** One request on a connection of its own, headers exactly as given. */
export function request(
  port: number,
  { method = 'GET', path, headers = {}, body, chunked }: Asked,
): Promise<Answer> {
  const length: Record<string, string> =
    body === undefined || chunked ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const framing: Record<string, string> = chunked ? { 'transfer-encoding': 'chunked' } : length
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      port,
      method,
      path,
      agent: false,
      headers: { host: 'herons.example', ...framing, ...headers },
    })
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = decoded(Buffer.concat(chunks), response.headers['content-encoding']).toString()
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parsed(text) })
      })
    })
    outgoing.on('error', reject)
    if (body !== undefined) outgoing.write(body)
    outgoing.end()
  })
}

/** Bytes on a bare socket, and all that came back until the other side closed or `until` was in it. */
export function exchange(port: number, bytes: string | Uint8Array, until?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let got = ''
    socket.setTimeout(5_000, () => socket.destroy(new Error(`No more came after: ${got}`)))
    socket.on('data', (chunk) => {
      got += chunk.toString('latin1')
      if (until !== undefined && got.includes(until)) socket.destroy()
    })
    socket.on('error', (error) =>
      'code' in error && error.code === 'ECONNRESET' ? resolve(got) : reject(error),
    )
    socket.on('close', () => resolve(got))
    socket.write(bytes)
  })
}

function decoded(bytes: Buffer, encoding: string | undefined): Buffer {
  if (encoding === undefined || bytes.length === 0) return bytes
  if (encoding === 'br') return brotliDecompressSync(bytes)
  return encoding === 'gzip' ? gunzipSync(bytes) : inflateSync(bytes)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
