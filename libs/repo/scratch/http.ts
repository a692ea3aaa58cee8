import { fork } from 'node:child_process'
import { tmpdir } from 'node:os'
import { openDatabase } from '@heronry/db/database'
import { createLogger } from '@heronry/telemetry/logger'
import fastify from 'fastify'
import { exportRepo } from '../src/export-repo.ts'
import { Spools } from '../src/spools.ts'
const url = new URL(process.env.HERONRY_TEST_DATABASE_URL!); url.pathname = '/export_play'
const db = openDatabase({ url: String(url), poolMax: 2, applicationName: 'x', onIdleError() {} })
const logger = createLogger({ service: 'test', level: 'warn', enabled: false })
const deps = { db, logger, spools: new Spools(tmpdir()) }
const app = fastify()
app.get('/:id', (req: any, reply) => reply.type('application/vnd.ipld.car').send(exportRepo(deps as any, { actorId: BigInt(req.params.id) as any })))
app.get('/cpu', (_req, reply) => reply.send((process as any).threadCpuUsage()))
app.get('/rss', (_req, reply) => reply.send({ rss: process.memoryUsage.rss() }))
await app.listen({ port: 0, host: '127.0.0.1' })
const child = fork(new URL('./client.mjs', import.meta.url), [String((app.server.address() as any).port), ...process.argv.slice(2)], { execArgv: [] })
child.on('exit', async () => { await app.close(); await db.destroy() })
