import { request } from 'node:http'

export interface Answer {
  status: number
  body: Record<string, unknown> & { did?: string; accessJwt?: string; repos?: unknown[]; error?: string }
}

interface HostRequest {
  host: string
  path: string
  body?: object
  authorization?: string
  /** Milliseconds within which all of the answer must have come. */
  timeoutMs?: number
}

/** Rejects when nobody answers in time, and what became of the request is unknown. */
export async function askHost(url: string, options: HostRequest): Promise<Answer> {
  const { status, text } = await askText(url, options)
  return { status, body: text.startsWith('{') ? JSON.parse(text) : {} }
}

/** fetch cannot set Host; node:http can. */
export function askText(
  url: string,
  { host, path, body, authorization, timeoutMs = 60_000 }: HostRequest,
): Promise<{ status: number; text: string }> {
  const headers = {
    host,
    ...(body && { 'content-type': 'application/json' }),
    ...(authorization && { authorization }),
  }
  return new Promise((resolve, reject) => {
    const options = { method: body ? 'POST' : 'GET', headers, signal: AbortSignal.timeout(timeoutMs) }
    const call = request(new URL(path, url), options, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk) => (text += chunk))
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    call.on('error', reject)
    call.end(body && JSON.stringify(body))
  })
}
