import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { poolMin } from '@heronry/core/limits'
import { type Environment, EnvironmentReader } from './environment-reader.ts'
import type {
  ApiConfig,
  CommonConfig,
  ConfigOf,
  EntrywayConfig,
  HouseConfig,
  HttpConfig,
  IdentityConfig,
  SequencerConfig,
  SequencerRole,
  ServiceName,
} from './house-config.ts'
import { readBlobs, readObjectStore, readUploadBytesMax } from './read-blobs.ts'
import { readCommunities } from './read-communities.ts'
import { poolMaxDefault, readDatabaseRole, readDatabaseUrl } from './read-database.ts'
import { readHcaptcha } from './read-hcaptcha.ts'
import { readDpopSecret, readKeyEncryptionKeys, readPlc, readPlcUrl } from './read-keys.ts'
import { readLog } from './read-log.ts'
import { readMailers } from './read-mailers.ts'
import { readOAuth } from './read-oauth.ts'
import { readProxy } from './read-proxy.ts'
import { checkTokenKeys, publicPart, readTokenJwks, readTokenKeys } from './read-token-keys.ts'
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

export interface ReadOptions<Name extends ServiceName> {
  /** Whose configuration: it has what that service needs, and nothing else is required or looked at. */
  readonly service: Name
  /** Reads HERONRY_COMMUNITIES_FILE. */
  readonly readFile?: (path: string) => string
}

/**
 * The environment as one frozen object, and what to warn of. Throws a `ConfigError` with every problem at once; no message
 * holds a secret's value.
 */
export function readConfig<Name extends ServiceName>(
  environment: Environment,
  { service, readFile = (path) => readFileSync(path, 'utf8') }: ReadOptions<Name>,
): { config: ConfigOf[Name]; warnings: readonly string[] } {
  const reader = new EnvironmentReader(environment)
  const read = readers[service] as (reader: EnvironmentReader, sources: Sources) => ConfigOf[Name]
  const config = read(reader, { environment, readFile, service })
  if (reader.problems.length > 0) throw new ConfigError([...new Set(reader.problems)])
  return { config: deepFreeze(config), warnings: [...new Set(reader.warnings)] }
}

interface Sources {
  environment: Environment
  readFile: (path: string) => string
  service: ServiceName
}

const readers: { [Name in ServiceName]: (reader: EnvironmentReader, sources: Sources) => ConfigOf[Name] } = {
  entryway: readEntryway,
  api: readApi,
  sequencer: readSequencer,
  'blob-worker': (reader, sources) => ({ ...readCommon(reader, sources), blobs: readBlobs(reader) }),
  email: (reader, sources) => ({ ...readCommon(reader, sources), ...readMailers(reader) }),
  standalone: readHouse,
}

function readHouse(reader: EnvironmentReader, sources: Sources): HouseConfig {
  const entryway = readEntryway(reader, sources)
  return {
    ...entryway,
    ...readSequencer(reader, sources),
    tokenJwks: publicPart(entryway.tokenKeys),
    blobs: readBlobs(reader),
    proxy: readProxy(reader),
    ...readMailers(reader),
    devMailFolder: reader.string('DEV_MAIL_DIR'),
  }
}

function readEntryway(reader: EnvironmentReader, sources: Sources): EntrywayConfig {
  const common = readCommon(reader, sources)
  const http = readHttp(reader, sources)
  const tokenKeys = readTokenKeys(reader)
  if (reader.string('TOKEN_JWKS') !== undefined) {
    checkTokenKeys(reader, { tokenKeys, tokenJwks: readTokenJwks(reader) })
  }
  return {
    ...common,
    ...http,
    communities: readCommunities(reader, { port: http.http.port, readFile: sources.readFile }),
    keyEncryptionKeys: readKeyEncryptionKeys(reader),
    dpopSecret: readDpopSecret(reader),
    tokenKeys,
    plc: readPlc(reader),
    identity: readIdentity(reader, common),
    blobs: { uploadBytesMax: readUploadBytesMax(reader) },
    didDocWithSession: reader.boolean('ENABLE_DID_DOC_WITH_SESSION') ?? false,
    hcaptcha: readHcaptcha(reader),
    oauth: readOAuth(reader),
  }
}

function readApi(reader: EnvironmentReader, sources: Sources): ApiConfig {
  const common = readCommon(reader, sources)
  return {
    ...common,
    ...readHttp(reader, sources),
    keyEncryptionKeys: readKeyEncryptionKeys(reader),
    dpopSecret: readDpopSecret(reader),
    tokenJwks: readTokenJwks(reader),
    plc: { url: readPlcUrl(reader) },
    identity: readIdentity(reader, common),
    blobs: readBlobs(reader),
    proxy: readProxy(reader),
  }
}

const retentionDefaultMs = 72 * 3_600_000
const subscribersPerIpDefault = 32

function readSequencer(reader: EnvironmentReader, sources: Sources): SequencerConfig {
  const common = readCommon(reader, sources)
  return {
    ...common,
    ...readHttp(reader, sources),
    identity: readIdentity(reader, common),
    sequencerRole: readSequencerRole(reader),
    firehose: {
      retentionMs: reader.integer('REPO_BACKFILL_LIMIT_MS') ?? retentionDefaultMs,
      archive: reader.boolean('FIREHOSE_ARCHIVE') ? readObjectStore(reader) : undefined,
      subscribersPerIpMax: reader.integer('FIREHOSE_SUBSCRIBERS_PER_IP', 1) ?? subscribersPerIpDefault,
    },
  }
}

const portDefaults: Partial<Record<ServiceName, number>> = { entryway: 2601, api: 2602, sequencer: 2603 }
const internalPortDefaults: Record<ServiceName, number | undefined> = {
  standalone: undefined,
  entryway: 2611,
  api: 2612,
  sequencer: 2613,
  'blob-worker': 2614,
  email: 2615,
}

function readCommon(reader: EnvironmentReader, { environment, service }: Sources): CommonConfig {
  return {
    version: reader.string('VERSION') ?? '0.1.0',
    devMode: reader.boolean('DEV_MODE') ?? false,
    log: readLog(reader, environment),
    database: {
      url: readDatabaseUrl(reader),
      poolMax: reader.integer('DATABASE_POOL_MAX', poolMin) ?? poolMaxDefault,
      role: readDatabaseRole(reader, service),
    },
    redis: readRedis(reader),
    internalPort: reader.port('INTERNAL_PORT') ?? internalPortDefaults[service],
    tracing: readTracing(environment, reader.problems),
    drainDelayMs: reader.integer('DRAIN_DELAY_MS') ?? 0,
  }
}

function readHttp(reader: EnvironmentReader, { service }: Sources): HttpConfig {
  const port = reader.port('PORT') ?? portDefaults[service] ?? 2583
  const internalPort = reader.port('INTERNAL_PORT') ?? internalPortDefaults[service]
  if (port === internalPort) {
    reader.problems.push('PDS_PORT and HERONRY_INTERNAL_PORT must differ: only one of them is for the public')
  }
  return { http: { port, trustedProxies: readTrustedProxies(reader) }, rateLimits: readRateLimits(reader) }
}

function readSequencerRole(reader: EnvironmentReader): SequencerRole {
  const role = reader.string('SEQUENCER_ROLE') ?? 'both'
  if (role === 'leader' || role === 'edge' || role === 'both') return role
  reader.problems.push('HERONRY_SEQUENCER_ROLE must be leader, edge or both')
  return 'both'
}

/** Unless said, those of the reference: a proxy beside the house, or in its private network. `none` trusts nobody. */
function readTrustedProxies(reader: EnvironmentReader): readonly string[] {
  const proxies = reader.list('TRUSTED_PROXIES')
  if (proxies.length === 0) return proxyNames
  if (proxies.length === 1 && proxies[0] === 'none') return []
  for (const text of proxies.filter((it) => !isAddressRange(it) && !proxyNames.includes(it))) {
    reader.problems.push(`HERONRY_TRUSTED_PROXIES: ${text} is neither an address nor a CIDR range`)
  }
  return proxies
}

/** As proxy-addr knows them. */
const proxyNames = ['loopback', 'linklocal', 'uniquelocal']

function readIdentity(reader: EnvironmentReader, { devMode }: { devMode: boolean }): IdentityConfig {
  const staleAfterMs = reader.integer('DID_CACHE_STALE_TTL') ?? 3_600_000
  const expiresAfterMs = reader.integer('DID_CACHE_MAX_TTL') ?? Math.max(86_400_000, staleAfterMs)
  if (expiresAfterMs < staleAfterMs) {
    reader.problems.push('PDS_DID_CACHE_MAX_TTL must not be less than PDS_DID_CACHE_STALE_TTL')
  }
  return {
    timeoutMs: reader.integer('ID_RESOLVER_TIMEOUT', 1) ?? 3000,
    staleAfterMs,
    expiresAfterMs,
    publicOnly: !(reader.boolean('DISABLE_SSRF_PROTECTION') ?? devMode),
    responseBytesMax: reader.integer('FETCH_MAX_RESPONSE_SIZE', 1) ?? 524_288,
    backupNameServers: readNameServers(reader),
  }
}

function readNameServers(reader: EnvironmentReader): readonly string[] {
  const servers = reader.list('HANDLE_BACKUP_NAMESERVERS')
  const isNameServer = (text: string) =>
    isIP(text) !== 0 || /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:\d{1,5})?$/i.test(text)
  for (const text of servers.filter((it) => !isNameServer(it))) {
    reader.problems.push(
      `PDS_HANDLE_BACKUP_NAMESERVERS: ${text} is neither an address nor a host, with or without a port`,
    )
  }
  return servers
}

/** The reference's address is `host[:port]`; some write it as a URL. */
export function readRedis(reader: EnvironmentReader): CommonConfig['redis'] {
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

function readRateLimits(reader: EnvironmentReader): HttpConfig['rateLimits'] {
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

function deepFreeze<T>(value: T): T {
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return value
  for (const inner of Object.values(value)) deepFreeze(inner)
  return Object.freeze(value)
}
