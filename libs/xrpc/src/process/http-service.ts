import { once } from 'node:events'
import type { Service } from '@heronry/core/service'
import type { FastifyInstance } from 'fastify'
import { hangUpMsMax } from './limits.ts'

/** Listens at once, until it is told to stop; then answers what is in flight, for a while, and hangs up. */
export async function httpService(
  app: FastifyInstance,
  { port, name = 'http' }: { port: number; name?: string },
): Promise<Service> {
  await app.listen({ port, host: '::' })
  return {
    name,
    async run(signal) {
      if (!signal.aborted) await once(signal, 'abort')
      const hangUp = setTimeout(() => app.server.closeAllConnections(), hangUpMsMax)
      await app.close().finally(() => clearTimeout(hangUp))
    },
  }
}
