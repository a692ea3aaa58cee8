import { ConfigError, readConfig } from '@heronry/config/read-config'
import { createLogger } from '@heronry/telemetry/logger'
import { openHouse } from './house.ts'
import { stopSignal } from './stop-signal.ts'

/**
 * The whole house in one process, by environment alone. It ends with SIGINT or SIGTERM; with code 1 when the configuration is
 * not usable, the house cannot be opened, or a part of it fails.
 */
try {
  const { config, warnings } = readConfig(process.env)
  const logger = createLogger({ service: 'standalone', ...config.log })
  for (const warning of warnings) logger.warn({ warning }, 'configuration')
  const signal = stopSignal()
  await using house = await openHouse(config, logger)
  await house.run(signal)
} catch (error) {
  process.stderr.write(`${error instanceof ConfigError ? error.message : describe(error)}\n`)
  process.exitCode = 1
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? `${error.stack}` : `${error.stack}\n  because ${describe(error.cause)}`
}
