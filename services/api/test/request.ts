import { request as httpRequest, type IncomingMessage } from 'node:http'

export interface Answer {
  status: number
  headers: IncomingMessage['headers']
  bytes: Buffer
  /** The body as JSON; whatever the test expects of it. */
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects by reading it
  json: any
}

export interface Request {
  /** Where the server listens. */
  port: number
  /** The Host header: which community is asked. */
  host: string
  /** NSID, and parameters. */
  path: string
  method?: string
  headers?: Record<string, string>
  body?: Uint8Array | string
}

/** One request over a real socket, its answer read to the end. `fetch` would not let a test choose the Host. */
export async function request(asked: Request): Promise<Answer> {
  const response = await openRequest(asked)
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  const isJson = response.headers['content-type']?.startsWith('application/json') && bytes.length > 0
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    bytes,
    json: isJson ? JSON.parse(bytes.toString()) : undefined,
  }
}

/** Resolves with the headers; the body waits. */
export function openRequest({
  port,
  host,
  path,
  method = 'GET',
  headers,
  body,
}: Request): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { port, method, host: '127.0.0.1', path: `/xrpc/${path}`, headers: { ...headers, host } }
    httpRequest(options).on('response', resolve).on('error', reject).end(body)
  })
}
