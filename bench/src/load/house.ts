import { Pool } from 'undici'
import type { Side } from '../sides/side.ts'
import { inParallel } from './in-parallel.ts'

export interface Account extends Credentials {
  readonly did: string
  readonly authorization: string
  /** Of the session it was made with. */
  readonly refreshJwt: string
}

/** What an account is made with, the same on both sides. */
export interface Credentials {
  readonly handle: string
  readonly email: string
  readonly password: string
}

export interface Answer {
  readonly status: number
  readonly body: string
  /** Of a body that was counted only. */
  readonly bytes?: number
}

/** As many as the largest number in flight. */
const connectionsMax = 64
const signUpsAtOnce = 4
/** An export of the reference may think for long before its first byte. */
const answerMaxMs = 120_000

/**
 * A side as its clients see it. Both sides are asked for the same things in the same order, so that what is handed out by
 * counting (accounts, record keys) is the same on both.
 */
export class House {
  readonly side: Side
  readonly #pool: Pool
  readonly #shared: Account[] = []
  #accounts = 0
  #rkeys = 0

  constructor(side: Side) {
    this.side = side
    const timeouts = { headersTimeout: answerMaxMs, bodyTimeout: answerMaxMs }
    this.#pool = new Pool(side.url, { connections: connectionsMax, pipelining: 1, ...timeouts })
  }

  /** The accounts most lines share: the first `count` of them, made when they are first wanted. */
  async sharedAccounts(count: number): Promise<readonly Account[]> {
    const missing = count - this.#shared.length
    if (missing > 0) this.#shared.push(...(await this.newAccounts(missing)))
    return this.#shared.slice(0, count)
  }

  /** Both hand out the same numbers again, after one of them was asked for something alone. */
  catchUpWith(other: House): void {
    this.#accounts = other.#accounts = Math.max(this.#accounts, other.#accounts)
    this.#rkeys = other.#rkeys = Math.max(this.#rkeys, other.#rkeys)
  }

  /** After a line that failed half way: what its accounts hold may differ from side to side, so the next lines get others. */
  forgetSharedAccounts(): void {
    this.#shared.length = 0
  }

  async newAccounts(count: number): Promise<Account[]> {
    const names = this.reserveNames(count)
    const accounts: Account[] = []
    await inParallel({ count, inFlight: signUpsAtOnce }, async (index) => {
      accounts[index] = await this.#signUp(names[index] as Credentials)
    })
    return accounts
  }

  /** Names that nobody has yet, and nobody else gets. */
  reserveNames(count: number): Credentials[] {
    const first = this.#accounts
    this.#accounts += count
    return Array.from({ length: count }, (_, index) => credentialsOf(`bench${first + index}`))
  }

  /** The first of `count` record keys in a row that nobody else gets: `tid(first)`, `tid(first + 1)` … */
  reserveRkeys(count: number): number {
    const first = this.#rkeys
    this.#rkeys += count
    return first
  }

  /** Without a body: a procedure that takes none. */
  async post(method: string, body: object | undefined, who?: Bearer): Promise<Answer> {
    const answer = await this.#pool.request({
      path: `/xrpc/${method}`,
      method: 'POST',
      headers: { ...(body && { 'content-type': 'application/json' }), ...authorizationOf(who) },
      body: body === undefined ? null : JSON.stringify(body),
    })
    return { status: answer.statusCode, body: await answer.body.text() }
  }

  async get(method: string, params: Record<string, string>, who?: Bearer): Promise<Answer> {
    const { status, body } = await this.open(method, params, who)
    return { status, body: await body.text() }
  }

  /** For answers that are not text, or are read as they come. */
  async open(method: string, params: Record<string, string>, who?: Bearer) {
    const path = `/xrpc/${method}?${new URLSearchParams(params)}`
    const headers = authorizationOf(who)
    const { statusCode, body } = await this.#pool.request({ path, method: 'GET', headers })
    return { status: statusCode, body }
  }

  async close(): Promise<void> {
    await this.#pool.destroy()
  }

  async #signUp(credentials: Credentials): Promise<Account> {
    const { body } = expectOk(await this.post('com.atproto.server.createAccount', credentials))
    return accountOf(credentials, body)
  }
}

/** The account that a sign-up's answer speaks of. */
export function accountOf(credentials: Credentials, body: string): Account {
  const { did, accessJwt, refreshJwt } = JSON.parse(body)
  return { ...credentials, did, authorization: `Bearer ${accessJwt}`, refreshJwt }
}

function credentialsOf(name: string): Credentials {
  return { handle: `${name}.test`, email: `${name}@example.com`, password: `secret of ${name}` }
}

interface Bearer {
  readonly authorization: string
  /** Of an app: that it holds the token's key. */
  readonly dpop?: string
}

function authorizationOf(who: Bearer | undefined): Partial<Bearer> {
  if (who === undefined) return {}
  const { authorization, dpop } = who
  return dpop === undefined ? { authorization } : { authorization, dpop }
}

export function expectOk(answer: Answer): Answer {
  if (answer.status !== 200) throw new Error(`Answer ${answer.status}: ${answer.body.slice(0, 300)}`)
  return answer
}
