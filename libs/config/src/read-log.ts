import type { Environment, EnvironmentReader } from './environment-reader.ts'
import type { LogConfig, LogLevel } from './house-config.ts'

const levels: readonly string[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']

/** What LOG_SYSTEMS may name: the services, jobs, and what tells of HTTP requests in the house that is one process. */
const systems = ['entryway', 'api', 'sequencer', 'blob-worker', 'email', 'jobs', 'http']

/** LOG_* as the reference has them. */
export function readLog(reader: EnvironmentReader, environment: Environment): LogConfig {
  const level = environment['LOG_LEVEL'] || 'info'
  if (!levels.includes(level)) reader.problems.push(`LOG_LEVEL must be one of ${levels.join(', ')}`)
  return {
    enabled: ['true', 't', '1'].includes(environment['LOG_ENABLED'] ?? ''),
    level: level as LogLevel,
    systems: readSystems(reader, environment['LOG_SYSTEMS'] ?? ''),
    destination: environment['LOG_DESTINATION'] || undefined,
  }
}

/**
 * Separated by commas or spaces. The reference has other parts under other names: a list that names none of ours silences nothing, as
 * it would silence everything.
 */
function readSystems(reader: EnvironmentReader, text: string): readonly string[] | undefined {
  const names = text.split(/[\s,]+/).filter((name) => name !== '')
  const unknown = names.filter((name) => !systems.includes(name))
  if (unknown.length > 0) {
    reader.warnings.push(`LOG_SYSTEMS: there is no ${unknown.join(', ')}; it may name ${systems.join(', ')}`)
  }
  return unknown.length === names.length ? undefined : names.filter((name) => systems.includes(name))
}
