import type { Community } from '@heronry/communities/community'
import { HeronryError } from '@heronry/core/error'
import type { Metrics } from '@heronry/telemetry/metrics'
import type { FastifyRequest } from 'fastify'
import { clientKey } from './client-key.ts'

/**
 * Counts the open sockets of each client at each community, and throws 429 where it has as many as it may. By community, because a relay that
 * follows all communities of a house comes from one address.
 *
 * Invariant: a socket counts from before its upgrade until its connection is closed, however it ends.
 */
export class SocketAdmission {
  readonly #max: number
  readonly #metrics: Metrics | undefined
  readonly #open = new Map<string, number>()

  constructor({ max, metrics }: { max: number; metrics: Metrics | undefined }) {
    this.#max = max
    this.#metrics = metrics
  }

  admit(request: FastifyRequest, community: Community): void {
    const key = `${community.id} ${clientKey(request)}`
    const open = this.#open.get(key) ?? 0
    if (open >= this.#max) {
      this.#metrics?.count('pds_rate_limit_rejections_total', { limiter: 'sockets-ip', scope: 'route' })
      throw new HeronryError('RateLimitExceeded', 'Too many subscriptions from this address')
    }
    const { socket } = request.raw
    if (socket.destroyed) return
    this.#open.set(key, open + 1)
    socket.once('close', () => this.#release(key))
  }

  #release(key: string): void {
    const open = (this.#open.get(key) ?? 1) - 1
    if (open === 0) this.#open.delete(key)
    else this.#open.set(key, open)
  }
}
