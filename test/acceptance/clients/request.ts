import type { House } from '../house.ts'

export interface Reply {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: what comes over the wire is looked at, not typed
  body: any
  headers: Headers
}

export interface Asked {
  /** Sent as JSON, by POST. */
  json?: object
  /** A POST without a body. */
  post?: boolean
  /** `Basic …` or `Bearer …` */
  authorization?: string
  headers?: Record<string, string>
}

/** One request as a client sends it. */
export async function request(house: House, path: string, asked: Asked = {}): Promise<Reply> {
  const { json, post, authorization, headers } = asked
  const response = await fetch(`${house.url}/xrpc/${path}`, {
    method: json || post ? 'POST' : 'GET',
    headers: {
      ...(json && { 'content-type': 'application/json' }),
      ...(authorization && { authorization }),
      ...headers,
    },
    ...(json && { body: JSON.stringify(json) }),
  })
  const text = await response.text()
  return {
    status: response.status,
    body: text.startsWith('{') ? JSON.parse(text) : text,
    headers: response.headers,
  }
}

export const bearer = (token: string) => `Bearer ${token}`
export const basic = ({ adminPassword }: House) =>
  `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}`

let count = 0

/** Of nobody yet. */
export function newcomer() {
  const name = `client${++count}`
  return { handle: `${name}.test`, email: `${name}@example.com`, password: `secret-${name}` }
}
