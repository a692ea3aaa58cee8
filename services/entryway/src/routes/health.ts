import type { Database } from '@heronry/db/database'
import type { Logger } from '@heronry/telemetry/logger'
import type { FastifyPluginAsync } from 'fastify'
import { sql } from 'kysely'

/** `/xrpc/_health`, on any host: whether the database answers. */
export const healthRoute =
  ({ db, logger, version }: { db: Database; logger: Logger; version: string }): FastifyPluginAsync =>
  async (app) => {
    app.get('/xrpc/_health', async (_request, reply) => {
      try {
        await sql`SELECT 1`.execute(db)
        return { version }
      } catch (error) {
        logger.error({ err: error }, 'the database does not answer')
        return reply.code(503).send({ version, error: 'Service Unavailable' })
      }
    })
  }
