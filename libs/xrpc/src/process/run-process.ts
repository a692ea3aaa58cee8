import type { Service } from '@heronry/core/service'
import { sleep } from '@heronry/core/sleep'
import { type Database, openDatabase } from '@heronry/db/database'
import { isMigrated } from '@heronry/db/migrate'
import { createLogger, type Logger } from '@heronry/telemetry/logger'
import { Metrics } from '@heronry/telemetry/metrics'
import { startTracing, type TracingOptions } from '@heronry/telemetry/start-tracing'
import { Health } from './health.ts'
import { internalServer } from './internal-server.ts'
import { schemaPollMs } from './limits.ts'
import { metricsRoutes } from './metrics-routes.ts'
import { observeProcess } from './observe-process.ts'
import { runServices } from './run-services.ts'
import { stopSignal } from './stop-signal.ts'

/** What every process is told. */
export interface ProcessConfig {
  readonly version: string
  readonly log: {
    readonly enabled: boolean
    readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'
    /** The parts of the house that are heard; undefined: all. */
    readonly systems: readonly string[] | undefined
    /** A file; undefined: standard output. */
    readonly destination: string | undefined
  }
  readonly database: { readonly url: string; readonly poolMax: number; readonly role: string | undefined }
  /** Undefined: no traces are sent. */
  readonly tracing: TracingOptions | undefined
  /** Undefined: no internal server. */
  readonly internalPort: number | undefined
  readonly drainDelayMs: number
}

export interface ProcessParts<Config> {
  readonly config: Config
  readonly db: Database
  readonly logger: Logger
  /** One for the whole process: every part that measures is handed it. */
  readonly metrics: Metrics
}

/** What runs once a process is open; disposing lets go of what it holds. */
export interface OpenedService extends AsyncDisposable {
  readonly services: readonly Service[]
}

export interface ProcessOptions<Config extends ProcessConfig> {
  readonly service: string
  readonly config: Config
  readonly warnings: readonly string[]
  /** Brings the schema up to date before anything else; without it the process waits until somebody has. */
  readonly migrate?: (parts: ProcessParts<Config>) => Promise<void>
  readonly open: (parts: ProcessParts<Config>) => Promise<OpenedService>
}

/**
 * One process from its start to its end: the internal server first; then, once the schema is there, what `open` makes. At a signal it
 * is no longer ready, ends its services after the drain delay, and the internal server last. Rejects with the failure of a part.
 */
export async function runProcess<Config extends ProcessConfig>(
  options: ProcessOptions<Config>,
): Promise<void> {
  const { service, config, warnings } = options
  const logger = processLogger(service, config)
  for (const warning of warnings) logger.warn({ warning }, 'configuration')
  await using opened = new AsyncDisposableStack()
  const { version } = config
  opened.use(await startTracing(config.tracing, { service, version }))
  const metrics = new Metrics({ service, version })
  const db = openProcessDatabase(service, { config, logger, metrics })
  opened.defer(() => db.destroy())
  observeProcess(metrics, { db })
  const health = new Health({ db })
  const { drainDelayMs } = config
  const signal = stopSignal({ drainDelayMs, onDrain: () => health.nowDraining() })
  const parts = { config, db, logger, metrics }
  await besideInternalServer({ config, health, logger, metrics }, (failed) =>
    runOpened(options, { parts, health, signal: AbortSignal.any([signal, failed]) }),
  )
}

export interface TaskOptions<Config extends ProcessConfig> {
  readonly service: string
  readonly config: Config
  readonly warnings: readonly string[]
  readonly task: (parts: { config: Config; db: Database; logger: Logger }) => Promise<void>
}

/** Something to be done once, by whoever may change the database: it has the rights of the user who connects. */
export async function runTask<Config extends ProcessConfig>(options: TaskOptions<Config>): Promise<void> {
  const { service, config, warnings, task } = options
  const logger = processLogger(service, config)
  for (const warning of warnings) logger.warn({ warning }, 'configuration')
  const unconfined = { ...config, database: { ...config.database, role: undefined } }
  const db = openProcessDatabase(`${service}-task`, { config: unconfined, logger })
  await task({ config, db, logger }).finally(() => db.destroy())
}

/** A service that LOG_SYSTEMS leaves out is silent; the house that is one process leaves out parts of it. */
function processLogger(service: string, { log }: Pick<ProcessConfig, 'log'>): Logger {
  const { level, systems, destination } = log
  const isHeard = systems === undefined || service === 'standalone' || systems.includes(service)
  return createLogger({ service, level, destination, enabled: log.enabled && isHeard })
}

/** A connection pool with the role of this process's service. */
function openProcessDatabase(
  service: string,
  { config, logger, metrics }: { config: Pick<ProcessConfig, 'database'>; logger: Logger; metrics?: Metrics },
): Database {
  return openDatabase({
    ...config.database,
    applicationName: `heronry-${service}`,
    onIdleError: (error) => logger.warn({ err: error }, 'an idle database connection was lost'),
    ...(metrics && { onWaited: (seconds) => metrics.observe('pds_db_pool_wait_seconds', {}, seconds) }),
  })
}

interface Running<Config> {
  parts: ProcessParts<Config>
  health: Health
  signal: AbortSignal
}

async function runOpened<Config extends ProcessConfig>(
  { migrate, open }: ProcessOptions<Config>,
  { parts, health, signal }: Running<Config>,
): Promise<void> {
  if (migrate) await migrate(parts)
  else await schemaIsThere(parts, signal)
  if (signal.aborted) return
  await using opened = await open(parts)
  health.nowStarted()
  await runServices(opened.services, { signal, logger: parts.logger })
}

/** Resolves when every migration this build knows is applied, or `signal` aborts. Why it is not there yet is said once. */
async function schemaIsThere(
  { db, logger }: { db: Database; logger: Logger },
  signal: AbortSignal,
): Promise<void> {
  let said = false
  while (!signal.aborted) {
    const reason = await isMigrated(db).then(
      (migrated) => (migrated ? undefined : new Error('Migrations are to be applied')),
      (error: unknown) => error,
    )
    if (reason === undefined) return
    if (!said) logger.warn({ err: reason }, 'waiting for the database and its schema')
    said = true
    await sleep(schemaPollMs, signal)
  }
}

interface Beside {
  config: ProcessConfig
  health: Health
  logger: Logger
  metrics: Metrics
}

/** Runs `body` while the internal server answers; the failure of either ends both. */
async function besideInternalServer(
  { config, health, logger, metrics }: Beside,
  body: (failed: AbortSignal) => Promise<void>,
): Promise<void> {
  if (config.internalPort === undefined) return body(new AbortController().signal)
  const server = await internalServer({
    port: config.internalPort,
    health,
    logger,
    routes: [metricsRoutes(metrics)],
  })
  const ended = new AbortController()
  const failed = new AbortController()
  const serving = server.run(ended.signal).catch((error: unknown) => {
    failed.abort()
    throw error
  })
  const results = await Promise.allSettled([body(failed.signal).finally(() => ended.abort()), serving])
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
