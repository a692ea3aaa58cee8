import type { Account, House } from './house.ts'
import { fillRepo } from './records.ts'

/** Accounts with many posts, each made once a house: a large repo takes minutes, and several lines want it. */
export class FilledRepos {
  readonly #filled = new Map<House, Map<number, Account>>()

  /** The account of this house whose repo was filled with so many posts. */
  async account(house: House, posts: number): Promise<Account> {
    const ofHouse = this.#filled.get(house) ?? new Map<number, Account>()
    this.#filled.set(house, ofHouse)
    const known = ofHouse.get(posts)
    if (known !== undefined) return known
    const [account] = await house.newAccounts(1)
    if (account === undefined) throw new Error('No account')
    await fillRepo(house, account, posts)
    ofHouse.set(posts, account)
    return account
  }
}
