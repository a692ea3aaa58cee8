import { request as httpRequest } from 'node:http'

export interface PdsAnswer {
  readonly status: number
  readonly encoding: string
  readonly bytes: Buffer
  // biome-ignore lint/suspicious/noExplicitAny: what comes over the wire is looked at, not typed
  readonly body: any
}

export interface PdsRequest {
  readonly params?: Readonly<Record<string, string>>
  /** Sent as JSON, by POST. */
  readonly json?: object
  /** Sent as they are, by POST. */
  readonly bytes?: Uint8Array
  readonly encoding?: string
  /** A POST without a body. */
  readonly isPost?: boolean
  readonly token?: string | undefined
  /** The connection is cut after so many bytes of the body. */
  readonly cutAfter?: number
}

/** A server that somebody has an account at, or will have. */
export class Pds {
  readonly url: string
  /** The community that is asked, where the server has several. */
  readonly host: string

  constructor(url: string, { host = new URL(url).host }: { host?: string } = {}) {
    this.url = url
    this.host = host
  }

  /** Throws what the server says where it says no. */
  async ok(nsid: string, request: PdsRequest = {}): Promise<PdsAnswer['body']> {
    const { status, body } = await this.call(nsid, request)
    if (status !== 200) throw new Error(`${this.host} ${nsid}: ${status} ${JSON.stringify(body)}`)
    return body
  }

  call(nsid: string, request: PdsRequest = {}): Promise<PdsAnswer> {
    const { params = {}, json, bytes, isPost, token, cutAfter } = request
    const body = bytes ?? (json && Buffer.from(JSON.stringify(json)))
    const encoding = request.encoding ?? (json && 'application/json')
    const path = `/xrpc/${nsid}?${new URLSearchParams(params)}`
    const headers = {
      host: this.host,
      ...(encoding && { 'content-type': encoding }),
      ...(body && { 'content-length': body.length }),
      ...(token && { authorization: `Bearer ${token}` }),
    }
    return new Promise((resolve, reject) => {
      const method = body || isPost ? 'POST' : 'GET'
      const call = httpRequest(new URL(path, this.url), { method, headers }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk) => chunks.push(chunk)).on('error', reject)
        response.on('end', () => {
          const all = Buffer.concat(chunks)
          const type = response.headers['content-type'] ?? ''
          const parsed = type.startsWith('application/json')
            ? JSON.parse(all.toString() || 'null')
            : undefined
          resolve({ status: response.statusCode ?? 0, encoding: type, bytes: all, body: parsed })
        })
      })
      call.on('error', reject)
      if (cutAfter === undefined || !body) call.end(body)
      else call.write(body.subarray(0, cutAfter), () => call.destroy(new Error('cut')))
    })
  }
}
