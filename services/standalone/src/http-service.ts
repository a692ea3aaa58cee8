import { once } from 'node:events'
import type { Service } from '@heronry/core/service'
import type { FastifyInstance } from 'fastify'
import { drainMsMax } from './limits.ts'

/** Listens until it is told to stop; then answers what is in flight, for a while, and hangs up. */
export function httpService(app: FastifyInstance, { port }: { port: number }): Service {
  return {
    name: 'http',
    async run(signal) {
      await app.listen({ port, host: '::' })
      if (!signal.aborted) await once(signal, 'abort')
      const hangUp = setTimeout(() => app.server.closeAllConnections(), drainMsMax)
      await app.close().finally(() => clearTimeout(hangUp))
    },
  }
}
