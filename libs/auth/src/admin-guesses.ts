import { HeronryError } from '@heronry/core/error'
import { LRUCache } from 'lru-cache'
import { adminGuessesMax, adminGuessWindowMs, guessersMax } from './limits.ts'

/**
 * Wrong admin passwords by who tries them. Counted in this process alone, by its own memory: whoever makes Redis go away can neither guess
 * without end nor lock the administrator out. A house of n processes allows n times the limit.
 *
 * Invariant: a guess is counted before it is judged, and taken back if it was right; however many come at once, no more than the limit are
 * judged and found wrong. A password that is known to be right is no guess: many requests with it may be under way.
 */
export class AdminGuesses {
  readonly #counts = new LRUCache<string, { guesses: number }>({ max: guessersMax, ttl: adminGuessWindowMs })

  /** Whether the password is right; throws `RateLimitExceeded` without looking at it where `guesser` has guessed too often. */
  async count(guesser: string, { isKnown, isRight }: Judges): Promise<boolean> {
    const count = this.#counts.get(guesser) ?? { guesses: 0 }
    if (count.guesses >= adminGuessesMax) throw tooMany(this.#counts.getRemainingTTL(guesser))
    if (isKnown()) return true
    if (count.guesses === 0) this.#counts.set(guesser, count)
    count.guesses++
    const right = await isRight()
    if (right) count.guesses--
    return right
  }
}

interface Judges {
  readonly isKnown: () => boolean
  readonly isRight: () => Promise<boolean>
}

function tooMany(retryAfterMs: number): HeronryError {
  const message = 'Too many wrong passwords from this address. Please wait five minutes.'
  return new HeronryError('RateLimitExceeded', message, { retryAfterMs: Math.max(1, retryAfterMs) })
}
