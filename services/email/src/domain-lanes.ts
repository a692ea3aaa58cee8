/**
 * How many mails go to one recipient's domain at once, in this process: a domain that is slow must not keep the mail of all others waiting,
 * and does not like to be called by many at once.
 */
export class DomainLanes {
  readonly #max: number
  readonly #busy = new Map<string, number>()

  constructor(max: number) {
    this.#max = max
  }

  /** A place, until it is disposed; undefined where all of that domain are taken. */
  take(address: string): Disposable | undefined {
    const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase()
    const busy = this.#busy.get(domain) ?? 0
    if (busy >= this.#max) return undefined
    this.#busy.set(domain, busy + 1)
    return { [Symbol.dispose]: () => this.#leave(domain) }
  }

  #leave(domain: string): void {
    const busy = (this.#busy.get(domain) ?? 1) - 1
    if (busy === 0) this.#busy.delete(domain)
    else this.#busy.set(domain, busy)
  }
}
