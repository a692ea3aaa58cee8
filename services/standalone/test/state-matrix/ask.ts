import type { AppSession } from '@heronry/testing/test-app'
import type { MatrixHouse } from './matrix-house.ts'

/** What is sent to a method: a query's parameters, or a procedure's body (bytes, or an object that goes as JSON). */
export interface Question {
  readonly params?: Readonly<Record<string, string>>
  readonly body?: object | Buffer
  /** A procedure that takes no body. */
  readonly isPost?: boolean
}

export interface Caller {
  readonly authorization?: string | undefined
  /** Instead: an app's, with a proof for this request. */
  readonly appSession?: AppSession
  /** Unless given, that of everybody else. */
  readonly address?: string
}

export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: what comes over the wire is looked at, not typed
  readonly body: any
}

/** Asks the method of that name. */
export async function ask(
  { app, apps, community, nonces }: MatrixHouse,
  nsid: string,
  { params = {}, body, isPost, authorization, appSession, address }: Question & Caller,
): Promise<Answer> {
  const payload = body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body)
  const contentType = Buffer.isBuffer(body) ? 'image/png' : 'application/json'
  const method = isPost || body !== undefined ? 'POST' : 'GET'
  const url = `${community.publicUrl}/xrpc/${nsid}`
  const answer = await app.inject({
    ...(address && { remoteAddress: address }),
    method,
    url: `/xrpc/${nsid}?${new URLSearchParams(params)}`,
    headers: {
      host: 'localhost',
      ...(authorization && { authorization }),
      ...(appSession && apps.headers(appSession, { method, url, nonce: nonces.next() })),
      ...(body && { 'content-type': contentType }),
    },
    ...(payload && { payload }),
  })
  const isJson = String(answer.headers['content-type']).startsWith('application/json')
  return { status: answer.statusCode, body: isJson ? answer.json() : undefined }
}

/** As `ask`, for what must go well. */
export async function expectOk(...asked: Parameters<typeof ask>): Promise<Answer['body']> {
  const { status, body } = await ask(...asked)
  if (status !== 200) throw new Error(`${asked[1]}: ${status} ${JSON.stringify(body)}`)
  return body
}
