import { once } from 'node:events'
import type { Server, ServerResponse } from 'node:http'
import type { Service } from '@heronry/core/service'
import type { FastifyInstance } from 'fastify'
import { hangUpMsMax } from './limits.ts'

/** Listens at once, until it is told to stop; then answers what is in flight, for a while, and hangs up. */
export async function httpService(
  app: FastifyInstance,
  { port, name = 'http' }: { port: number; name?: string },
): Promise<Service> {
  const inFlight = watchInFlight(app.server)
  await app.listen({ port, host: '::' })
  return {
    name,
    async run(signal) {
      if (!signal.aborted) await once(signal, 'abort')
      const hangUp = setTimeout(() => app.server.closeAllConnections(), hangUpMsMax)
      for (const response of inFlight) lastOfItsConnection(app.server, response)
      await app.close().finally(() => clearTimeout(hangUp))
    },
  }
}

function watchInFlight(server: Server): ReadonlySet<ServerResponse> {
  const inFlight = new Set<ServerResponse>()
  server.on('request', (_request, response) => {
    inFlight.add(response)
    response.once('close', () => inFlight.delete(response))
  })
  return inFlight
}

/** Fastify ends the connections that are idle now, and of requests still to come: not those that are idle after their answer. */
function lastOfItsConnection(server: Server, response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close')
  response.once('close', () => setImmediate(() => server.closeIdleConnections()))
}
