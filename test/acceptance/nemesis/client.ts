import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type Answer, askHost } from '../ask-host.ts'
import type { Chance } from '../chance.ts'

const answerMsMax = 6_000
const retryMs = 50
const collection = 'com.example.note'

export interface ClientOptions {
  /** The hostname of its community. */
  host: string
  entryways: readonly string[]
  apis: readonly string[]
  chance: Chance
}

/**
 * Somebody who signs up and writes, at one api or another, until told to stop. A request without an answer, or with a 5xx, may have been
 * done or not; everything else but a 200 is a failure of the house.
 */
export class Client {
  readonly host: string
  /** CIDs of the commits it was told of. */
  readonly acknowledged: string[] = []
  unsure = 0
  did = ''
  readonly #options: ClientOptions
  #token = ''
  #written = 0
  readonly #rkeys: string[] = []

  constructor(options: ClientOptions) {
    this.host = options.host
    this.#options = options
  }

  /** With two hands, which race for one repo. */
  async writeUntil(signal: AbortSignal): Promise<void> {
    const write = async () => {
      while (!signal.aborted) await this.writeOnce()
    }
    await Promise.all([write(), write()])
  }

  /** Resolves with the commit's CID, when it is acknowledged. */
  async writeUntilTold(): Promise<string> {
    for (const before = this.acknowledged.length; ; ) {
      await this.writeOnce()
      const cid = this.acknowledged[before]
      if (cid !== undefined) return cid
    }
  }

  async writeOnce(): Promise<void> {
    const answer = await this.#write()
    if (answer === undefined) await delay(retryMs)
  }

  /** Tries again, with a new name, until it has an account; false when it was told to stop before. */
  async signUp(signal: AbortSignal): Promise<boolean> {
    const { entryways, chance } = this.#options
    while (!signal.aborted) {
      const name = `bird${randomBytes(6).toString('hex')}`
      const body = {
        handle: `${name}.${this.host}`,
        email: `${name}@example.com`,
        password: `secret-${name}`,
      }
      const answer = await this.#ask(chance.one(entryways), {
        method: 'com.atproto.server.createAccount',
        body,
      })
      if (answer !== undefined) {
        this.did = String(answer.body.did)
        this.#token = String(answer.body.accessJwt)
        return true
      }
      await delay(retryMs)
    }
    return false
  }

  /** One record, a put that others may race for, three records at once, or the end of one. */
  async #write(): Promise<Answer | undefined> {
    const { chance } = this.#options
    const rkey = `note-${this.#written++}`
    const record = { $type: collection, text: rkey, createdAt: new Date().toISOString() }
    const gone = chance.maybe(0.2) ? this.#rkeys.pop() : undefined
    if (gone !== undefined) return await this.#commit('deleteRecord', { collection, rkey: gone })
    if (chance.maybe(0.3)) return await this.#commit('putRecord', { collection, rkey: 'shared', record })
    if (chance.maybe(0.2)) {
      const writes = ['a', 'b', 'c'].map((part) => ({
        ...{
          $type: 'com.atproto.repo.applyWrites#create',
          collection,
          rkey: `${rkey}-${part}`,
          value: record,
        },
      }))
      return await this.#commit('applyWrites', { writes })
    }
    const answer = await this.#commit('createRecord', { collection, rkey, record })
    if (answer !== undefined) this.#rkeys.push(rkey)
    return answer
  }

  async #commit(name: string, write: object): Promise<Answer | undefined> {
    const { apis, chance } = this.#options
    const body = { repo: this.did, validate: false, ...write }
    const answer = await this.#ask(chance.one(apis), { method: `com.atproto.repo.${name}`, body })
    const cid = (answer?.body['commit'] as { cid?: string } | undefined)?.cid
    if (cid !== undefined) this.acknowledged.push(cid)
    return answer
  }

  /** Undefined where the outcome is unknown. */
  async #ask(url: string, { method, body }: { method: string; body: object }): Promise<Answer | undefined> {
    const authorization = this.#token === '' ? {} : { authorization: `Bearer ${this.#token}` }
    const request = {
      host: this.host,
      path: `/xrpc/${method}`,
      body,
      ...authorization,
      timeoutMs: answerMsMax,
    }
    const answer = await askHost(url, request).catch(() => undefined)
    if (answer === undefined || answer.status >= 500) {
      this.unsure += 1
      return undefined
    }
    if (answer.status !== 200) throw new Error(`${method} was answered ${JSON.stringify(answer)}`)
    return answer
  }
}
