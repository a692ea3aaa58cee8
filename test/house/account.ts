import { randomBytes } from 'node:crypto'

export interface TestAccount {
  handle: string
  password: string
}

export async function signUp(url: string): Promise<TestAccount> {
  const handle = `heron-${randomBytes(4).toString('hex')}.test`
  const password = randomBytes(8).toString('hex')
  await post(url, 'createAccount', { handle, password, email: `${handle}@example.com` })
  return { handle, password }
}

/** Throws when the house does not know the account. */
export async function logIn(url: string, { handle, password }: TestAccount): Promise<void> {
  await post(url, 'createSession', { identifier: handle, password })
}

async function post(url: string, method: string, body: object): Promise<void> {
  const response = await fetch(`${url}/xrpc/com.atproto.server.${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${method}: ${response.status} ${await response.text()}`)
}
