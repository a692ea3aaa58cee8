import type { Metrics } from '@heronry/telemetry/metrics'
import type { FastifyPluginAsync } from 'fastify'

/** `/metrics`, for the internal port alone. */
export function metricsRoutes(metrics: Metrics): FastifyPluginAsync {
  return async (app) => {
    app.get('/metrics', async (_request, reply) =>
      reply.header('content-type', metrics.contentType).send(await metrics.text()),
    )
  }
}
