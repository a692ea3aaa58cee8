import type { Service } from '@heronry/core/service'
import type { Logger } from '@heronry/telemetry/logger'
import { type FastifyInstance, type FastifyPluginAsync, fastify } from 'fastify'
import { httpServerOptions } from '../http-server-options.ts'
import type { Health } from './health.ts'
import { httpService } from './http-service.ts'

export interface InternalServerOptions {
  readonly health: Health
  readonly logger: Logger
  /** What else is answered there: metrics. */
  readonly routes?: readonly FastifyPluginAsync[]
}

/**
 * What orchestrators and scrapers ask, on a port of its own that no proxy reaches: `/-/startup`, `/-/live`, `/-/ready`. It listens
 * before everything else and ends after it, so that a process can be seen waiting and draining.
 */
export async function internalServer(options: InternalServerOptions & { port: number }): Promise<Service> {
  return httpService(await internalApp(options), { port: options.port, name: 'internal-http' })
}

async function internalApp({ health, logger, routes = [] }: InternalServerOptions): Promise<FastifyInstance> {
  const app = fastify(httpServerOptions({ logger }))
  app.get('/-/live', async () => ({ live: true }))
  app.get('/-/startup', async (_request, reply) =>
    reply.code(health.started ? 200 : 503).send({ started: health.started }),
  )
  app.get('/-/ready', async (_request, reply) => {
    const readiness = await health.readiness()
    return reply.code(readiness.ready ? 200 : 503).send(readiness)
  })
  for (const plugin of routes) await app.register(plugin)
  return app
}
