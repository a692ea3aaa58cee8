import type { Community } from '@heronry/communities/community'
import type { FastifyInstance, InjectOptions } from 'fastify'

/** A browser without scripts: it keeps cookies, follows forms, and says where a request comes from. */
export class PageVisitor {
  readonly #app: FastifyInstance
  readonly #community: Pick<Community, 'hostname' | 'publicUrl'>
  readonly cookies = new Map<string, string>()

  constructor(app: FastifyInstance, community: Pick<Community, 'hostname' | 'publicUrl'>) {
    this.#app = app
    this.#community = community
  }

  get(url: string, headers: Record<string, string> = {}) {
    return this.#ask({ method: 'GET', url, headers })
  }

  /** As the page's own form is sent. */
  post(url: string, fields: Record<string, string> = {}, headers: Record<string, string> = {}) {
    const form = { 'content-type': 'application/x-www-form-urlencoded', ...this.#own(), ...headers }
    const payload = new URLSearchParams({ token: this.token, ...fields }).toString()
    return this.#ask({ method: 'POST', url, payload, headers: form })
  }

  /** As the page's own script asks. */
  async ask(url: string, fields: Record<string, unknown> = {}, headers: Record<string, string> = {}) {
    const json = { 'content-type': 'application/json', ...this.#own(), ...headers }
    const payload = JSON.stringify({ token: this.token, ...fields })
    const { statusCode, body } = await this.#ask({ method: 'POST', url, payload, headers: json })
    return { status: statusCode, body: JSON.parse(body) }
  }

  /** What the forms bear. */
  get token(): string {
    return this.cookies.get('__Host-heronry-form') ?? ''
  }

  #own() {
    return { origin: this.#community.publicUrl, 'sec-fetch-site': 'same-origin' }
  }

  async #ask({ headers, ...request }: InjectOptions) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const host = this.#community.hostname
    const answer = await this.#app.inject({ ...request, headers: { host, cookie, ...headers } })
    for (const { name, value } of answer.cookies) this.cookies.set(name, value)
    return answer
  }
}
