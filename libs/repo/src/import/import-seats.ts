import { HeronryError } from '@heronry/core/error'
import type { CommunityId } from '@heronry/core/ids'
import { importsAtOnceMax, importUploadsMax } from './limits.ts'

/**
 * How many imports this process receives, and works on, at once.
 *
 * Invariant: where several communities wait for a seat, they take turns, however many each has waiting.
 */
export class ImportSeats {
  readonly #uploadsMax: number
  readonly #workingMax: number
  #uploads = 0
  #working = 0
  /** Those who wait, by community; the community whose turn is next comes first. */
  readonly #waiting = new Map<CommunityId, (() => void)[]>()

  constructor({ uploadsMax = importUploadsMax, workingMax = importsAtOnceMax } = {}) {
    this.#uploadsMax = uploadsMax
    this.#workingMax = workingMax
  }

  /** Throws `ServiceUnavailable` where too many upload. */
  async upload<T>(body: () => Promise<T>): Promise<T> {
    if (this.#uploads >= this.#uploadsMax) {
      throw new HeronryError('ServiceUnavailable', 'Too many imports at once: try again in a moment')
    }
    this.#uploads++
    try {
      return await body()
    } finally {
      this.#uploads--
    }
  }

  async work<T>(communityId: CommunityId, body: () => Promise<T>): Promise<T> {
    if (this.#working >= this.#workingMax) await this.#turn(communityId)
    else this.#working++
    try {
      return await body()
    } finally {
      this.#leave()
    }
  }

  #turn(communityId: CommunityId): Promise<void> {
    return new Promise((resolve) => {
      const own = this.#waiting.get(communityId)
      if (own === undefined) this.#waiting.set(communityId, [resolve])
      else own.push(resolve)
    })
  }

  /** The seat goes to who is next, and the community of that one to the end. */
  #leave(): void {
    const [first] = this.#waiting
    if (first === undefined) {
      this.#working--
      return
    }
    const [communityId, waiting] = first
    const next = waiting.shift()
    this.#waiting.delete(communityId)
    if (waiting.length > 0) this.#waiting.set(communityId, waiting)
    next?.()
  }
}
