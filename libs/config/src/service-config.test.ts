import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Environment } from './environment-reader.ts'
import type { ServiceName } from './house-config.ts'
import { ConfigError, readConfig } from './read-config.ts'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const publicJwk = { ...publicKey.export({ format: 'jwk' }), kid: 'a' }
const privateJwk = { ...privateKey.export({ format: 'jwk' }), kid: 'a' }
const otherJwk = {
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
  kid: 'a',
}

const database = { HERONRY_DATABASE_URL: 'postgres://localhost/heronry' }
const kek = { HERONRY_KEK: 'ab'.repeat(32) }
const dpop = { PDS_DPOP_SECRET: 'ef'.repeat(32) }
const disk = { PDS_BLOBSTORE_DISK_LOCATION: '/blobs' }
const jwks = { HERONRY_TOKEN_JWKS: JSON.stringify({ keys: [publicJwk] }) }
const signing = {
  ...kek,
  ...dpop,
  HERONRY_TOKEN_KEYS: JSON.stringify({ keys: [privateJwk] }),
  PDS_ADMIN_PASSWORD: 'secret-admin',
  PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX: 'cd'.repeat(32),
}

/** The least each service can be started with. */
const least: Record<ServiceName, Environment> = {
  standalone: { ...database, ...signing, ...disk },
  entryway: { ...database, ...signing },
  api: { ...database, ...kek, ...dpop, ...jwks, ...disk },
  sequencer: database,
  'blob-worker': { ...database, ...disk },
  email: database,
}
const services = Object.keys(least) as ServiceName[]

function problemsOf(service: ServiceName, environment: Environment): readonly string[] {
  try {
    readConfig({ ...least[service], ...environment }, { service })
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

describe.each(services)('%s', (service) => {
  test('starts with what it needs, and says each thing that is missing', () => {
    expect(problemsOf(service, {})).toEqual([])
    for (const name of Object.keys(least[service])) {
      const problems = problemsOf(service, { [name]: '' })
      expect(problems).toHaveLength(1)
      expect(problems[0]).toContain(name)
    }
    const nothing = Object.fromEntries(Object.keys(least[service]).map((name) => [name, '']))
    expect(problemsOf(service, nothing)).toHaveLength(Object.keys(nothing).length)
  })

  test.each([
    ['HERONRY_DATABASE_URL', 'mysql://localhost', 'postgres:'],
    ['HERONRY_DATABASE_POOL_MAX', '11', 'at least 12'],
    ['HERONRY_DATABASE_ROLE', 'heronry; DROP', 'name of a role'],
    ['HERONRY_INTERNAL_PORT', '65536', 'at most 65535'],
    ['HERONRY_INTERNAL_PORT', '0', 'at least 1'],
    ['HERONRY_DRAIN_DELAY_MS', 'soon', 'whole number'],
    ['HERONRY_REDIS_URL', 'localhost:6379', 'redis:'],
    ['LOG_LEVEL', 'loud', 'one of'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector', 'must be a URL'],
    ['PDS_ENTRYWAY_URL', 'https://entryway.example', 'unset PDS_ENTRYWAY_*'],
  ])('refuses %s=%s in one message', (name, value, wanted) => {
    const problems = problemsOf(service, { [name]: value })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(wanted)
    expect(problems[0]).toContain(name.replace('_URL', ''))
  })

  test('warns of a variable that nobody knows, once', () => {
    const { warnings } = readConfig({ ...least[service], PDS_PROT: '1' }, { service })
    expect(warnings).toEqual(['PDS_PROT is not known: is it misspelt?'])
  })
})

test.each([
  ['entryway', { HERONRY_PORT: '2611' }, 'must differ'],
  ['api', { PDS_PORT: '5000', HERONRY_INTERNAL_PORT: '5000' }, 'must differ'],
  ['standalone', { HERONRY_INTERNAL_PORT: '2583' }, 'must differ'],
  ['sequencer', { HERONRY_PORT: '70000' }, 'at most 65535'],
  ['sequencer', { HERONRY_SEQUENCER_ROLE: 'follower' }, 'leader, edge or both'],
  ['sequencer', { HERONRY_FIREHOSE_ARCHIVE: 'true' }, 'PDS_BLOBSTORE_S3_BUCKET'],
  ['sequencer', { HERONRY_FIREHOSE_ARCHIVE: 'true', ...disk, PDS_BLOBSTORE_S3_BUCKET: 'b' }, 'only one'],
  ['sequencer', { PDS_REPO_BACKFILL_LIMIT_MS: '-1' }, 'whole number'],
  [
    'sequencer',
    { HERONRY_FIREHOSE_SUBSCRIBERS_PER_IP: '0' },
    'HERONRY_FIREHOSE_SUBSCRIBERS_PER_IP must be a whole',
  ],
  ['sequencer', { HERONRY_TRUSTED_PROXIES: 'proxy' }, 'HERONRY_TRUSTED_PROXIES: proxy'],
  ['entryway', { HERONRY_TOKEN_JWKS: JSON.stringify({ keys: [otherJwk] }) }, 'public half of every key'],
  ['entryway', { HERONRY_PUBLIC_URL: 'http://localhost:2583/pds' }, 'without a path'],
  ['api', { HERONRY_TOKEN_JWKS: JSON.stringify({ keys: [privateJwk] }) }, 'without d'],
  ['api', { PDS_BLOBSTORE_S3_BUCKET: 'b' }, 'only one'],
  ['blob-worker', { PDS_BLOBSTORE_S3_BUCKET: 'b' }, 'only one'],
  ['api', { PDS_DID_CACHE_STALE_TTL: '2', PDS_DID_CACHE_MAX_TTL: '1' }, 'must not be less'],
  [
    'entryway',
    { PDS_HANDLE_BACKUP_NAMESERVERS: '1.1.1.1,https://dns.example' },
    'https://dns.example is neither',
  ],
  ['email', { PDS_EMAIL_SMTP_URL: 'smtp://localhost' }, 'belong together'],
  ['api', { PDS_RATE_LIMITS_ENABLED: '1', PDS_RATE_LIMIT_BYPASS_IPS: 'home' }, 'CIDR'],
] as const)('%s refuses what contradicts itself or means nothing: %o', (service, environment, wanted) => {
  const problems = problemsOf(service, environment)
  expect(problems).toHaveLength(1)
  expect(problems[0]).toContain(wanted)
  expect(problems.join()).not.toContain(privateJwk.d ?? '')
})

test('backup name servers are addresses and hosts, each with a port if need be', () => {
  const servers = [
    '1.1.1.1',
    '1.1.1.1:5353',
    '2606:4700::1',
    '[2606:4700::1]:53',
    'dns.example.org',
    'dns:53',
  ]
  const environment = { ...least.entryway, PDS_HANDLE_BACKUP_NAMESERVERS: servers.join(',') }
  const { config } = readConfig(environment, { service: 'entryway' })
  expect(config.identity.backupNameServers).toEqual(servers)
})

/** Variables that several services read: each of them refuses what another would. */
const http = ['standalone', 'entryway', 'api', 'sequencer'] as const
const keys = ['standalone', 'entryway', 'api'] as const
const blobs = ['standalone', 'api', 'blob-worker'] as const
const asS3 = { PDS_BLOBSTORE_DISK_LOCATION: '', PDS_BLOBSTORE_S3_BUCKET: 'b' }

test.each([
  [http, { PDS_PORT: 'http' }, 'PDS_PORT must be a whole number'],
  [http, { HERONRY_TRUSTED_PROXIES: 'proxy' }, 'HERONRY_TRUSTED_PROXIES: proxy'],
  [
    http,
    { PDS_RATE_LIMITS_ENABLED: '1', PDS_RATE_LIMIT_BYPASS_IPS: '10.0.0.0/33' },
    'PDS_RATE_LIMIT_BYPASS_IPS: 10',
  ],
  [keys, { HERONRY_KEK: 'ab'.repeat(31) }, 'HERONRY_KEK must be 64 hex digits'],
  [keys, { HERONRY_KEK: `${'ab'.repeat(32)},` }, 'HERONRY_KEK must be 64 hex digits'],
  [keys, { PDS_DPOP_SECRET: 'ab'.repeat(31) }, 'PDS_DPOP_SECRET must be 64 hex digits'],
  [keys, { PDS_DID_PLC_URL: 'plc.directory' }, 'PDS_DID_PLC_URL must be a URL'],
  [['standalone', 'entryway'], { HERONRY_TOKEN_KEYS: jwks.HERONRY_TOKEN_JWKS }, 'must be a private JWKS'],
  [keys, { HERONRY_TOKEN_JWKS: signing.HERONRY_TOKEN_KEYS }, 'HERONRY_TOKEN_JWKS must be a JWKS of public'],
  [blobs, { PDS_BLOBSTORE_S3_BUCKET: 'b' }, 'only one'],
  [blobs, { ...asS3, PDS_BLOBSTORE_S3_ACCESS_KEY_ID: 'a' }, 'PDS_BLOBSTORE_S3_SECRET_ACCESS_KEY'],
  [blobs, { ...asS3, PDS_BLOBSTORE_S3_ENDPOINT: 's3:7070' }, 'PDS_BLOBSTORE_S3_ENDPOINT'],
  [['standalone', 'email'], { PDS_EMAIL_FROM_ADDRESS: 'a@example.com' }, 'PDS_EMAIL_SMTP_URL'],
  [
    ['standalone', 'email'],
    { PDS_MODERATION_EMAIL_ADDRESS: 'a@example.com' },
    'PDS_MODERATION_EMAIL_SMTP_URL',
  ],
  [
    ['standalone', 'entryway'],
    { PDS_INVITE_INTERVAL: 'weekly' },
    'PDS_INVITE_INTERVAL must be a whole number',
  ],
  [['standalone', 'entryway'], { PDS_INVITE_EPOCH: '-1' }, 'PDS_INVITE_EPOCH must be a whole number'],
] as const)('%j refuse %o in one message', (those, environment, wanted) => {
  for (const service of those) {
    const problems = problemsOf(service, environment)
    expect(problems, service).toHaveLength(1)
    expect(problems[0], service).toContain(wanted)
    expect(problems[0]).not.toContain(privateJwk.d ?? '')
  }
})

test.each(services)(
  '%s: where HERONRY_X and PDS_X contradict each other, HERONRY_X counts, be PDS_X wrong',
  (service) => {
    const told = {
      ...least[service],
      HERONRY_DEV_MODE: 'true',
      PDS_DEV_MODE: 'false',
      PDS_PORT: 'http',
      HERONRY_PORT: '1',
    }
    const { config, warnings } = readConfig(told, { service })
    expect(config).toMatchObject({ devMode: true, ...('http' in config && { http: { port: 1 } }) })
    expect(warnings).toEqual([])
  },
)

test.each([
  ['api', ['tokenKeys', 'communities', 'rotationKey']],
  ['sequencer', ['tokenKeys', 'dpopSecret', 'keyEncryptionKeys', 'blobs', 'plc']],
  ['blob-worker', ['tokenKeys', 'dpopSecret', 'keyEncryptionKeys', 'plc', 'http']],
  ['email', ['tokenKeys', 'dpopSecret', 'keyEncryptionKeys', 'plc', 'http', 'blobs']],
] as const)('%s is not told what it has no use for, even where it is there', (service, unknown) => {
  const { config } = readConfig({ ...least.standalone, ...jwks }, { service })
  for (const name of unknown) expect(config).not.toHaveProperty(name)
  expect(JSON.stringify(config)).not.toContain('cd'.repeat(32))
})

test.each([
  [{}, 259_200_000, undefined],
  [disk, 259_200_000, undefined],
  [{ ...disk, HERONRY_FIREHOSE_ARCHIVE: 'false', PDS_REPO_BACKFILL_LIMIT_MS: '0' }, 0, undefined],
  [{ ...disk, HERONRY_FIREHOSE_ARCHIVE: 'true' }, 259_200_000, { kind: 'disk', location: '/blobs' }],
  [{ PDS_BLOBSTORE_S3_BUCKET: 'b', HERONRY_FIREHOSE_ARCHIVE: '1' }, 259_200_000, { kind: 's3', bucket: 'b' }],
] as const)(
  'events are kept for three days, in Postgres, unless told: %o',
  (environment, retentionMs, archive) => {
    const { firehose } = readConfig({ ...database, ...environment }, { service: 'sequencer' }).config
    expect(firehose.retentionMs).toBe(retentionMs)
    if (archive === undefined) expect(firehose.archive).toBeUndefined()
    else expect(firehose.archive).toMatchObject(archive)
  },
)

test.each([
  [{}, 32],
  [{ HERONRY_FIREHOSE_SUBSCRIBERS_PER_IP: '1' }, 1],
] as const)('one address may have 32 subscribers at a community, unless told: %o', (environment, max) => {
  const { firehose } = readConfig({ ...database, ...environment }, { service: 'sequencer' }).config
  expect(firehose.subscribersPerIpMax).toBe(max)
})

test.each([
  ['entryway', 2601, 2611],
  ['api', 2602, 2612],
  ['sequencer', 2603, 2613],
  ['standalone', 2583, undefined],
] as const)('%s has ports of its own, unless told', (service, port, internalPort) => {
  expect(readConfig(least[service], { service }).config).toMatchObject({ http: { port } })
  expect(readConfig(least[service], { service }).config.internalPort).toBe(internalPort)
  const told = { ...least[service], HERONRY_PORT: '1', HERONRY_INTERNAL_PORT: '2' }
  expect(readConfig(told, { service }).config).toMatchObject({ http: { port: 1 }, internalPort: 2 })
})

test.each([
  ['blob-worker', undefined, 'heronry_blob_worker'],
  ['standalone', undefined, undefined],
  ['api', 'none', undefined],
  ['api', 'special', 'special'],
] as const)('%s with the role %s connects as %s', (service, role, expected) => {
  const environment = { ...least[service], ...(role && { HERONRY_DATABASE_ROLE: role }) }
  expect(readConfig(environment, { service }).config.database.role).toBe(expected)
})

test('the public URL of a house behind a proxy is not that of the port behind it', () => {
  const environment = { ...least.entryway, HERONRY_PUBLIC_URL: 'http://localhost:2583/' }
  const { communities } = readConfig(environment, { service: 'entryway' }).config
  expect(communities[0]?.publicUrl).toBe('http://localhost:2583')
})

test.each([
  [undefined, ['loopback', 'linklocal', 'uniquelocal']],
  ['none', []],
  ['10.0.0.7, fd00::/8,loopback', ['10.0.0.7', 'fd00::/8', 'loopback']],
] as const)('the proxies "%s" are %o', (text, expected) => {
  const environment = { ...least.api, ...(text && { HERONRY_TRUSTED_PROXIES: text }) }
  expect(readConfig(environment, { service: 'api' }).config.http.trustedProxies).toEqual(expected)
})
