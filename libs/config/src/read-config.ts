import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { type Environment, EnvironmentReader } from './environment-reader.ts'
import type { HouseConfig, LogLevel } from './house-config.ts'
import { readBlobs } from './read-blobs.ts'
import { readCommunities } from './read-communities.ts'
import { readKeyEncryptionKeys, readPlc, readTokenKeys } from './read-keys.ts'
import { readTracing } from './read-tracing.ts'

/** Everything that is wrong with an environment; its message lists each problem on a line of its own. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`The configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

/**
 * The environment as one frozen object, and what to warn of. Throws a `ConfigError` with every problem at once; no message
 * holds a secret's value.
 *
 * `readFile` reads HERONRY_COMMUNITIES_FILE.
 */
export function readConfig(
  environment: Environment,
  readFile: (path: string) => string = (path) => readFileSync(path, 'utf8'),
): { config: HouseConfig; warnings: readonly string[] } {
  const reader = new EnvironmentReader(environment)
  const config = houseConfig(reader, { environment, readFile })
  if (reader.problems.length > 0) throw new ConfigError(reader.problems)
  return { config: deepFreeze(config), warnings: reader.warnings }
}

interface Sources {
  environment: Environment
  readFile: (path: string) => string
}

function houseConfig(reader: EnvironmentReader, { environment, readFile }: Sources): HouseConfig {
  const devMode = reader.boolean('DEV_MODE') ?? false
  const port = reader.integer('PORT', 1) ?? 2583
  return {
    version: reader.string('VERSION') ?? '0.1.0',
    devMode,
    log: readLog(reader, environment),
    tracing: readTracing(environment, reader.problems),
    database: {
      url: readDatabaseUrl(reader),
      poolMax: reader.integer('DATABASE_POOL_MAX', 4) ?? 20,
    },
    redis: readRedis(reader),
    http: { port, trustedProxies: reader.list('TRUSTED_PROXIES') },
    communities: readCommunities(reader, { port, readFile }),
    keyEncryptionKeys: readKeyEncryptionKeys(reader),
    tokenKeys: readTokenKeys(reader),
    plc: readPlc(reader),
    identity: {
      timeoutMs: reader.integer('ID_RESOLVER_TIMEOUT', 1) ?? 3000,
      staleAfterMs: reader.integer('DID_CACHE_STALE_TTL') ?? 3_600_000,
      expiresAfterMs: reader.integer('DID_CACHE_MAX_TTL') ?? 86_400_000,
      publicOnly: !(reader.boolean('DISABLE_SSRF_PROTECTION') ?? devMode),
      responseBytesMax: reader.integer('FETCH_MAX_RESPONSE_SIZE', 1) ?? 524_288,
    },
    blobs: readBlobs(reader),
    mail: readMail(reader),
    didDocWithSession: reader.boolean('ENABLE_DID_DOC_WITH_SESSION') ?? false,
    firehose: { backfillLimitMs: reader.integer('REPO_BACKFILL_LIMIT_MS') ?? 86_400_000 },
    rateLimits: readRateLimits(reader),
    devMailFolder: reader.string('DEV_MAIL_DIR'),
  }
}

function readDatabaseUrl(reader: EnvironmentReader): string {
  reader.required('DATABASE_URL', 'a postgres:// URL')
  return reader.url('DATABASE_URL', ['postgres:', 'postgresql:']) ?? ''
}

const logLevels: readonly string[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']

function readLog(reader: EnvironmentReader, environment: Environment): HouseConfig['log'] {
  const level = environment['LOG_LEVEL'] || 'info'
  if (!logLevels.includes(level)) reader.problems.push(`LOG_LEVEL must be one of ${logLevels.join(', ')}`)
  return { enabled: ['true', '1'].includes(environment['LOG_ENABLED'] ?? ''), level: level as LogLevel }
}

/** The reference's address is `host[:port]`; some write it as a URL. */
function readRedis(reader: EnvironmentReader): HouseConfig['redis'] {
  const url = reader.url('REDIS_URL', ['redis:', 'rediss:'])
  if (url !== undefined) return { url }
  const address = reader.string('REDIS_SCRATCH_ADDRESS')
  if (address === undefined) return undefined
  return reader.parse('REDIS_SCRATCH_ADDRESS', address, (text) => {
    const full = /^rediss?:\/\//.test(text) ? text : `redis://${text}`
    if (!URL.canParse(full)) throw new Error('must be host:port')
    const parsed = new URL(full)
    parsed.password = reader.string('REDIS_SCRATCH_PASSWORD') ?? parsed.password
    return { url: parsed.toString() }
  })
}

function readRateLimits(reader: EnvironmentReader): HouseConfig['rateLimits'] {
  if (!reader.boolean('RATE_LIMITS_ENABLED')) return undefined
  const bypassAddresses = reader.list('RATE_LIMIT_BYPASS_IPS')
  for (const text of bypassAddresses.filter((it) => !isAddressRange(it))) {
    reader.problems.push(`PDS_RATE_LIMIT_BYPASS_IPS: ${text} is neither an address nor a CIDR range`)
  }
  return { bypassKey: reader.string('RATE_LIMIT_BYPASS_KEY'), bypassAddresses }
}

function isAddressRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const bitsMax = isIP(address) === 4 ? 32 : 128
  const bitsAreFine = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax)
  return isIP(address) !== 0 && rest.length === 0 && bitsAreFine
}

function readMail(reader: EnvironmentReader): HouseConfig['mail'] {
  if (!reader.together('EMAIL_SMTP_URL', 'EMAIL_FROM_ADDRESS')) return undefined
  const smtpUrl = reader.url('EMAIL_SMTP_URL', ['smtp:', 'smtps:'])
  if (smtpUrl === undefined) return undefined
  return { smtpUrl, fromAddress: reader.string('EMAIL_FROM_ADDRESS') ?? '' }
}

function deepFreeze<T>(value: T): T {
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return value
  for (const inner of Object.values(value)) deepFreeze(inner)
  return Object.freeze(value)
}
