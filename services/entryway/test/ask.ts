import type { EntrywayHouse } from './entryway-house.ts'

export interface Question {
  /** Community of the host that is asked. */
  at?: 'herons' | 'storks'
  /** Another host altogether. */
  host?: string
  /** XRPC input: asked by POST with it, else by GET; `{}` for a procedure without one. */
  input?: object | string
  /** A procedure without input. */
  post?: boolean
  token?: string
  /** Basic authorization as `admin` with this password. */
  admin?: string
  /** Where it comes from. */
  remoteAddress?: string
  userAgent?: string
}

export interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: what comes over the wire is looked at, not typed
  body: any
  text: string
  headers: Record<string, unknown>
}

/** Asks the house for a path, or for the method of an NSID. */
export async function ask(house: EntrywayHouse, what: string, question: Question = {}): Promise<Answer> {
  const { at = 'herons', host = `${at}.example.com`, input, post, token, admin } = question
  const { remoteAddress, userAgent } = question
  const basic = admin && `Basic ${Buffer.from(`admin:${admin}`).toString('base64')}`
  const authorization = token ? `Bearer ${token}` : basic
  const answer = await house.app.inject({
    method: input !== undefined || post ? 'POST' : 'GET',
    url: what.startsWith('/') ? what : `/xrpc/${what}`,
    ...(remoteAddress && { remoteAddress }),
    headers: {
      host,
      ...(userAgent && { 'user-agent': userAgent }),
      ...(authorization && { authorization }),
      ...(input !== undefined && { 'content-type': 'application/json' }),
    },
    ...(input !== undefined && { payload: typeof input === 'string' ? input : JSON.stringify(input) }),
  })
  const text = answer.body
  return { status: answer.statusCode, body: parsed(text), text, headers: answer.headers }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

let count = 0

/** Signs somebody up, with an invite where the community asks for one. */
export async function signUp(house: EntrywayHouse, at: 'herons' | 'storks' = 'herons') {
  const name = `${at}-user${++count}`
  const invite = { at, admin: `${at}-secret`, input: { useCount: 1 } }
  const { body } = await ask(house, 'com.atproto.server.createInviteCode', invite)
  const account = {
    handle: `${name}.${at}.test`,
    email: `${name}@example.com`,
    password: 'correct horse',
    inviteCode: body.code as string,
  }
  const created = await ask(house, 'com.atproto.server.createAccount', { at, input: account })
  return { ...account, at, created }
}
