import { HeronryError } from '@heronry/core/error'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { exportsMax, exportsPerAddressMax } from './limits.ts'

export interface SeatLimits {
  readonly exportsMax: number
  readonly exportsPerAddressMax: number
}

/**
 * How many exports this process has under way, and for whom: each costs memory and perhaps a file until its reader is done, however slow.
 *
 * Invariant: a seat is taken from the answer's beginning until its connection or its answer has ended, whatever ended it.
 */
export class ExportSeats {
  readonly #limits: SeatLimits
  readonly #byAddress = new Map<string, number>()
  #taken = 0

  constructor(limits: SeatLimits = { exportsMax, exportsPerAddressMax }) {
    this.#limits = limits
  }

  /** Throws `RateLimitExceeded` past what one address may have, `ServiceUnavailable` past what all may have together. */
  take({ req, reply }: { req: FastifyRequest; reply: FastifyReply }): void {
    const { ip } = req
    const own = this.#byAddress.get(ip) ?? 0
    if (own >= this.#limits.exportsPerAddressMax) {
      throw new HeronryError('RateLimitExceeded', 'Too many exports at once: let one of them end first')
    }
    if (this.#taken >= this.#limits.exportsMax) {
      throw new HeronryError('ServiceUnavailable', 'Too many exports at once: try again in a moment')
    }
    if (reply.raw.destroyed) return
    this.#byAddress.set(ip, own + 1)
    this.#taken++
    reply.raw.once('close', () => this.#leave(ip))
  }

  #leave(address: string): void {
    this.#taken--
    const left = (this.#byAddress.get(address) ?? 1) - 1
    if (left === 0) this.#byAddress.delete(address)
    else this.#byAddress.set(address, left)
  }
}
