import { type Bindings, type ChildLoggerOptions, type DestinationStream, type Logger, pino } from 'pino'
import { openLogLines } from './log-lines.ts'
import { withoutSecrets } from './without-secrets.ts'

export type { Logger } from 'pino'

export interface LoggerOptions {
  /** The process's name in every line. */
  service: string
  /** `LOG_LEVEL`; a disabled log writes nothing at all. */
  level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'
  enabled: boolean
  /** A file that lines are added to, or where else they go; standard output unless given. */
  destination?: string | DestinationStream | undefined
}

/**
 * The process's root logger: one JSON line an entry. A field that could hold a secret or a person's address is replaced by its name, at
 * the top of an entry and one level below; record contents are never handed to a logger at all. Throws where its file cannot be opened: a
 * house that nobody hears should not start.
 */
export function createLogger({ service, level, enabled, destination }: LoggerOptions): Logger {
  const logger = pino(
    {
      level,
      enabled,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: errorFields },
      formatters: { log: withoutSecrets },
    },
    typeof destination === 'object' ? destination : enabled ? openLogLines(destination) : silence,
  )
  // Children inherit it; pino's own formatter of bindings is for the root's alone.
  const { child } = logger as { child: (...args: never[]) => unknown }
  return Object.assign(logger, {
    child(this: Logger, bindings: Bindings, options?: ChildLoggerOptions) {
      return Reflect.apply(child, this, [withoutSecrets(bindings), options])
    },
  })
}

const silence: DestinationStream = { write() {} }

/** The logger of a part of the house; it is silent where `systems` are given and it is none of them. */
export function systemLogger(
  logger: Logger,
  { system, systems }: { system: string; systems: readonly string[] | undefined },
): Logger {
  const isHeard = systems === undefined || systems.includes(system)
  return logger.child({ part: system }, isHeard ? {} : { level: 'silent' })
}

/**
 * What is told of an error, its causes included, with the fields of one of ours. Not what else stands on it: a database's `detail` quotes the row, an HTTP
 * client's error holds the headers it sent.
 */
function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) }
  const { name, message, stack, cause } = error
  const { code } = error as { code?: unknown }
  return {
    type: name,
    message,
    stack,
    ...(name === 'HeronryError' && (error as { fields?: object }).fields),
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    ...(cause !== undefined && { cause: errorFields(cause) }),
  }
}
