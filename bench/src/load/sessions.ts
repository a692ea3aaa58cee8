import { type Account, type Answer, accountOf, type House } from './house.ts'

/** Accounts with the tokens their clients hold now: whoever refreshes a session goes on with what it got. */
export class Sessions {
  readonly #house: House
  readonly #accounts: Account[]

  constructor(house: House, accounts: readonly Account[]) {
    this.#house = house
    this.#accounts = [...accounts]
  }

  /** The account whose turn it is. */
  at(index: number): Account {
    const account = this.#accounts[index % this.#accounts.length]
    if (account === undefined) throw new Error('No account')
    return account
  }

  async refresh(index: number): Promise<Answer> {
    const authorization = `Bearer ${this.at(index).refreshJwt}`
    const answer = await this.#house.post('com.atproto.server.refreshSession', undefined, { authorization })
    this.#keep(index, answer)
    return answer
  }

  /** With the password. */
  async open(index: number): Promise<Answer> {
    const { handle: identifier, password } = this.at(index)
    const answer = await this.#house.post('com.atproto.server.createSession', { identifier, password })
    this.#keep(index, answer)
    return answer
  }

  /** Who the house says they are by their newest tokens, one a line: equal on both sides. */
  async whoTheyAre(): Promise<string> {
    const lines: string[] = []
    for (const account of this.#accounts) {
      const { body } = await this.#house.get('com.atproto.server.getSession', {}, account)
      const { handle, email, active } = JSON.parse(body)
      lines.push(`${handle} ${email} ${active}`)
    }
    return lines.join('\n')
  }

  /** What is no answer of 200 is reported by whoever compares the answers. */
  #keep(index: number, { status, body }: Answer): void {
    if (status === 200) this.#accounts[index % this.#accounts.length] = accountOf(this.at(index), body)
  }
}
