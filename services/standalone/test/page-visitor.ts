import { type Member, newMember, type PageAnswer, TestBrowser } from './oauth-client.ts'

/** A browser without scripts, in which a member is signed in: it follows links and sends forms. */
export class PageVisitor {
  readonly browser = new TestBrowser()
  readonly #origin: string

  constructor(origin: string) {
    this.#origin = origin
  }

  /** On the provider's page, to be remembered. */
  async signIn({ username, password }: Pick<Member, 'username' | 'password'>): Promise<void> {
    const page = `${this.#origin}/account`
    await this.browser.open(page)
    const body = { locale: 'en', username, password, remember: true }
    const { status } = await this.browser.call(page, 'sign-in', { body })
    if (status !== 200) throw new Error(`sign-in: ${status}`)
  }

  get(path: string): Promise<PageAnswer> {
    return this.browser.open(`${this.#origin}${path}`)
  }

  /** As a page's own form is sent; follows where it leads. */
  async submit(path: string, fields: Record<string, string> = {}): Promise<PageAnswer> {
    const answer = await this.post(path, fields)
    return answer.status === 303 ? await this.get(answer.headers.location ?? '') : answer
  }

  post(
    path: string,
    fields: Record<string, string> = {},
    headers: Record<string, string> = {},
  ): Promise<PageAnswer> {
    return this.browser.send(`${this.#origin}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...this.#own, ...headers },
      body: new URLSearchParams({ token: this.token, ...fields }).toString(),
    })
  }

  /** As a page's own script asks. */
  async ask(path: string, fields: Record<string, unknown> = {}) {
    const answer = await this.browser.send(`${this.#origin}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...this.#own },
      body: JSON.stringify({ token: this.token, ...fields }),
    })
    return { status: answer.status, body: JSON.parse(answer.body) }
  }

  /** What the forms of its pages bear. */
  get token(): string {
    return this.browser.cookies.get('heronry-form') ?? ''
  }

  get #own() {
    return { origin: this.#origin, 'sec-fetch-site': 'same-origin' }
  }
}

/** Somebody new, signed in, and where his pages are. */
export async function visitingMember(origin: string) {
  const member = await newMember(origin)
  const visitor = new PageVisitor(origin)
  await visitor.signIn(member)
  const base = `/account/security/${member.did}`
  await visitor.get(base)
  return { ...member, visitor, base }
}

/** The same, who has just shown his password again. */
export async function confirmedMember(origin: string) {
  const member = await visitingMember(origin)
  const { visitor, base, password } = member
  const { status } = await visitor.submit(`${base}/confirm`, { password })
  if (status !== 200) throw new Error(`confirm: ${status}`)
  return member
}
