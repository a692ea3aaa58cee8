import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Environment } from './environment-reader.ts'
import { ConfigError, readConfig } from './read-config.ts'

const jwk = {
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }),
  kid: 'a',
}
const least: Environment = {
  HERONRY_DATABASE_URL: 'postgres://localhost/heronry',
  HERONRY_KEK: 'ab'.repeat(32),
  HERONRY_TOKEN_KEYS: JSON.stringify({ keys: [jwk] }),
  PDS_ADMIN_PASSWORD: 'secret-admin',
  PDS_DPOP_SECRET: 'ef'.repeat(32),
  PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX: 'cd'.repeat(32),
  PDS_BLOBSTORE_DISK_LOCATION: '/blobs',
}

function configOf(environment: Environment, readFile?: (path: string) => string) {
  return readConfig({ ...least, ...environment }, { service: 'standalone', ...(readFile && { readFile }) })
    .config
}

function problemsOf(environment: Environment, readFile?: (path: string) => string): readonly string[] {
  try {
    readConfig({ ...least, ...environment }, { service: 'standalone', ...(readFile && { readFile }) })
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

test('the least environment is enough, and what comes of it is frozen', () => {
  const config = configOf({})
  expect(config).toMatchObject({
    http: { port: 2583 },
    redis: undefined,
    mail: undefined,
    moderationMail: undefined,
    blobs: { kind: 'disk', tempLocation: '/blobs/temp', uploadBytesMax: 5_242_880 },
    plc: { url: 'https://plc.directory' },
    identity: { publicOnly: true },
  })
  expect(config.communities).toMatchObject([
    {
      hostname: 'localhost',
      publicUrl: 'http://localhost:2583',
      serviceDid: 'did:web:localhost',
      handleDomains: ['.test'],
      settings: { inviteRequired: true },
    },
  ])
  expect(Object.isFrozen(config.communities[0]?.settings.links)).toBe(true)
})

test('invites are earned and moderators write mail where the environment says so', () => {
  const config = configOf({
    PDS_INVITE_INTERVAL: '604800000',
    PDS_INVITE_EPOCH: '1700000000000',
    PDS_MODERATION_EMAIL_SMTP_URL: 'smtps://mail.example',
    PDS_MODERATION_EMAIL_ADDRESS: 'moderators@example.com',
  })
  expect(config.communities[0]?.settings).toMatchObject({
    inviteIntervalMs: 604_800_000,
    inviteEpochMs: 1_700_000_000_000,
  })
  expect(config.moderationMail).toEqual({
    smtpUrl: 'smtps://mail.example',
    fromAddress: 'moderators@example.com',
  })
  expect(configOf({ PDS_INVITE_INTERVAL: '0' }).communities[0]?.settings.inviteIntervalMs).toBeUndefined()
})

test('HERONRY_X wins over PDS_X, and an empty value is unset', () => {
  expect(configOf({ PDS_PORT: '3000', HERONRY_PORT: '4000' }).http.port).toBe(4000)
  expect(configOf({ PDS_PORT: '3000', HERONRY_PORT: '' }).http.port).toBe(3000)
})

test('every problem is told at once, and none tells a secret', () => {
  const problems = problemsOf({
    HERONRY_DATABASE_URL: '',
    HERONRY_KEK: 'hunter2',
    HERONRY_TOKEN_KEYS: '{"keys":[{"hunter2":1}]}',
    PDS_PORT: 'http',
    PDS_EMAIL_SMTP_URL: 'smtp://hunter2@localhost',
    PDS_BLOBSTORE_S3_BUCKET: 'blobs',
    PDS_ENTRYWAY_URL: 'https://entryway.example',
    LOG_LEVEL: 'loud',
  })
  expect(problems.join('\n')).not.toContain('hunter2')
  for (const name of [
    'HERONRY_DATABASE_URL',
    'HERONRY_KEK',
    'HERONRY_TOKEN_KEYS',
    'PDS_PORT',
    'PDS_EMAIL_FROM_ADDRESS',
    'PDS_BLOBSTORE_S3_BUCKET',
    'PDS_ENTRYWAY_URL',
    'LOG_LEVEL',
  ]) {
    expect(problems.filter((problem) => problem.includes(name))).toHaveLength(1)
  }
})

test.each([
  ['PDS_HOSTNAME', 'https://herons.example', 'without scheme'],
  ['PDS_SERVICE_HANDLE_DOMAINS', 'herons.example', 'leading dot'],
  ['PDS_SERVICE_DID', 'herons', 'must be a DID'],
  ['PDS_DID_PLC_URL', 'plc.directory', 'http:'],
  ['PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX', 'abc', '64 hex digits'],
  ['PDS_PLC_ROTATION_KEY_KMS_KEY_ID', 'key', 'not supported yet'],
  ['PDS_RECOVERY_DID_KEY', 'key', 'did:key'],
  ['PDS_BLOB_UPLOAD_LIMIT', '-1', 'whole number'],
  ['PDS_BLOBSTORE_DISK_LOCATION', '', 'set one of them'],
  ['PDS_BLOBSTORE_S3_ACCESS_KEY_ID', 'key', ''],
  ['PDS_HCAPTCHA_SITE_KEY', 'key', 'set all or none'],
  ['PDS_HCAPTCHA_TOKEN_SALT', 'salt', 'set all or none'],
])('%s=%s is a problem that says what is wanted', (name, value, wanted) => {
  const bucket = name.includes('S3') ? { PDS_BLOBSTORE_S3_BUCKET: 'b', PDS_BLOBSTORE_DISK_LOCATION: '' } : {}
  const problems = problemsOf({ ...bucket, [name]: value })
  expect(problems).toHaveLength(1)
  expect(problems[0]).toContain(wanted)
})

test('a misspelt variable and one of the SQLite years are warned of', () => {
  const { warnings } = readConfig(
    { ...least, PDS_PROT: '1', PDS_DATA_DIRECTORY: '/pds', PDS_DEV_MODE: 'yes' },
    { service: 'standalone' },
  )
  expect(warnings.join('\n')).toMatch(
    /PDS_PROT is not known[\s\S]*PDS_DATA_DIRECTORY means nothing[\s\S]*PDS_DEV_MODE/,
  )
})

test.each([
  ['localhost:6379', 'redis://localhost:6379'],
  ['redis://localhost:6379', 'redis://localhost:6379'],
])("the reference's Redis address %s is understood", (address, url) => {
  expect(configOf({ PDS_REDIS_SCRATCH_ADDRESS: address }).redis?.url).toBe(url)
})

test('sign-ups are gated where hCaptcha is configured', () => {
  expect(configOf({}).hcaptcha).toBeUndefined()
  const all = { PDS_HCAPTCHA_SITE_KEY: 'a', PDS_HCAPTCHA_SECRET_KEY: 'b', PDS_HCAPTCHA_TOKEN_SALT: 'c' }
  expect(configOf(all).hcaptcha).toEqual({ siteKey: 'a', secretKey: 'b', tokenSalt: 'c' })
})

test('rate limits are off unless asked for, and their exceptions are addresses or ranges', () => {
  expect(configOf({}).rateLimits).toBeUndefined()
  const on = { PDS_RATE_LIMITS_ENABLED: 'true', PDS_RATE_LIMIT_BYPASS_KEY: 'key' }
  const ranges = '10.0.0.1, 10.1.0.0/16,fd00::/8'
  expect(configOf({ ...on, PDS_RATE_LIMIT_BYPASS_IPS: ranges }).rateLimits).toEqual({
    bypassKey: 'key',
    bypassAddresses: ['10.0.0.1', '10.1.0.0/16', 'fd00::/8'],
  })
  for (const wrong of ['localhost', '10.0.0.0/33', '10.0.0.0/8/8', 'fd00::/129']) {
    expect(problemsOf({ ...on, PDS_RATE_LIMIT_BYPASS_IPS: wrong })).toHaveLength(1)
  }
})

test('the relays of PDS_CRAWLERS are origins; a bare host name is reached by https', () => {
  const crawlersOf = (text: string) => configOf({ PDS_CRAWLERS: text }).communities[0]?.settings.crawlers
  expect(crawlersOf('')).toEqual([])
  expect(crawlersOf('https://bsky.network, relay.example:8080,http://localhost:2470')).toEqual([
    'https://bsky.network',
    'https://relay.example:8080',
    'http://localhost:2470',
  ])
  for (const wrong of ['https://a.test/path', 'ftp://a.test', 'https://me:secret@a.test', 'a b']) {
    expect(problemsOf({ PDS_CRAWLERS: wrong })).toHaveLength(1)
  }
})

test('sessions of the server before go on where the instant of the cut-over is named', () => {
  const legacyOf = (more: Record<string, string>) => configOf(more).communities[0]?.settings.legacySessions
  expect(legacyOf({ PDS_JWT_SECRET: 'a-secret' })).toBeUndefined()
  const cutOver = '2026-11-21T12:00:00Z'
  expect(legacyOf({ PDS_JWT_SECRET: 'a-secret', HERONRY_SESSIONS_CUT_OVER: cutOver })).toEqual({
    secret: 'a-secret',
    cutOver,
  })
  const alone = { PDS_JWT_SECRET: '', HERONRY_SESSIONS_CUT_OVER: cutOver }
  expect(problemsOf(alone).join()).toContain('JWT_SECRET is missing')
  const wrong = problemsOf({ PDS_JWT_SECRET: 'a-secret', HERONRY_SESSIONS_CUT_OVER: 'yesterday' }).join()
  expect(wrong).toContain('must be an instant')
  expect(wrong).not.toContain('a-secret')
})

describe('HERONRY_COMMUNITIES_FILE', () => {
  const read = (yaml: string) => (path: string) => {
    if (path !== '/communities.yaml') throw new Error('cannot be read')
    return yaml
  }
  const file = { HERONRY_COMMUNITIES_FILE: '/communities.yaml', PDS_ADMIN_PASSWORD: '' }
  const herons = 'communities: [{ slug: herons, hostname: herons.example, handleDomains: [.herons.example] }]'

  test('names the communities in place of PDS_*', () => {
    expect(configOf(file, read(herons)).communities).toEqual([
      {
        slug: 'herons',
        hostname: 'herons.example',
        publicUrl: 'https://herons.example',
        serviceDid: 'did:web:herons.example',
        handleDomains: ['.herons.example'],
        adminPassword: null,
        settings: { name: 'herons.example PDS', inviteRequired: true, links: {} },
      },
    ])
  })

  test('names the relays of each', () => {
    const yaml = `${herons.slice(0, -2)}, settings: { crawlers: [relay.example] } }]`
    expect(configOf(file, read(yaml)).communities[0]?.settings.crawlers).toEqual(['https://relay.example'])
    expect(problemsOf(file, read(yaml.replace('relay.example', 'ftp://a'))).join()).toContain(
      'origin of a relay',
    )
  })

  test('names the sessions that each brought along', () => {
    const settings = (text: string) => `${herons.slice(0, -2)}, settings: { legacySessions: ${text} } }]`
    const legacyOf = (text: string) =>
      configOf(file, read(settings(text))).communities[0]?.settings.legacySessions
    for (const cutOver of ["'2026-11-21T12:00:00.000Z'", '2026-11-21T12:00:00.000Z']) {
      expect(legacyOf(`{ secret: a-secret, cutOver: ${cutOver} }`)).toEqual({
        secret: 'a-secret',
        cutOver: '2026-11-21T12:00:00.000Z',
      })
    }
    for (const wrong of [
      '{ secret: a-secret }',
      '{ secret: a-secret, cutOver: soon }',
      '{ cutOver: 2026-11-21T12:00:00Z }',
    ]) {
      const problems = problemsOf(file, read(settings(wrong))).join()
      expect(problems).toContain('legacySessions')
      expect(problems).not.toContain('a-secret')
    }
  })

  test.each([
    ['', 'communities'],
    ['communities: []', 'communities'],
    [herons.replace('slug', 'slog'), 'slug'],
    [herons.replace('[.herons', '[herons'), 'leading dot'],
    [herons.replace('hostname: herons.example', 'hostname: herons.example:443'), 'host name'],
    ['communities: [', 'HERONRY_COMMUNITIES_FILE'],
  ])('is refused where it reads %s', (yaml, wanted) => {
    expect(problemsOf(file, read(yaml)).join()).toContain(wanted)
  })

  test('is a problem where it cannot be read', () => {
    expect(problemsOf({ ...file, HERONRY_COMMUNITIES_FILE: '/nowhere' }, read(herons)).join()).toContain(
      'cannot be read',
    )
  })
})

test('the pages of the one community look as the reference’s do by its variables; what is no colour or image is warned of', () => {
  const environment = {
    PDS_LOGO_URL: 'https://herons.example/logo.png',
    PDS_PRIMARY_COLOR: '#AABBCC',
    PDS_ERROR_COLOR: 'red',
    PDS_BACKGROUND_DARK_URL: 'file:///etc/passwd',
  }
  const { config, warnings } = readConfig({ ...least, ...environment }, { service: 'standalone' })
  expect(config.communities[0]?.settings.branding).toEqual({
    logo: 'https://herons.example/logo.png',
    colors: { primary: '#aabbcc' },
    background: {},
  })
  expect(warnings).toEqual([
    'PDS_ERROR_COLOR is not of the form #rrggbb, and pages do without',
    'PDS_BACKGROUND_DARK_URL is not an image by https: or data:, and pages do without',
  ])
  expect(configOf({}).communities[0]?.settings.branding).toBeUndefined()
})

test('clients that the house trusts are listed, and whose permission sets count is a DID', () => {
  const trusted = { PDS_OAUTH_TRUSTED_CLIENTS: 'https://a.example/c.json, https://b.example/c.json' }
  expect(configOf(trusted).oauth).toEqual({
    trustedClients: ['https://a.example/c.json', 'https://b.example/c.json'],
    lexiconAuthority: undefined,
  })
  const authority = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
  expect(configOf({ PDS_LEXICON_AUTHORITY_DID: authority }).oauth.lexiconAuthority).toBe(authority)
  expect(problemsOf({ PDS_LEXICON_AUTHORITY_DID: 'herons' })).toEqual([
    'PDS_LEXICON_AUTHORITY_DID must be a DID',
  ])
})

test('a community of the file says how its pages look, or is refused', () => {
  const file = (branding: object) => () =>
    JSON.stringify({
      communities: [
        { slug: 'a', hostname: 'a.example', handleDomains: ['.a.example'], settings: { branding } },
      ],
    })
  const env = { HERONRY_COMMUNITIES_FILE: 'communities.yaml' }
  const branding = { colors: { primary: '#112233' }, background: { light: 'https://a.example/light.png' } }
  expect(configOf(env, file(branding)).communities[0]?.settings.branding).toEqual(branding)
  for (const wrong of [
    { colors: { primary: 'red' } },
    { logo: 'javascript:alert(1)' },
    { font: 'Comic Sans' },
  ]) {
    expect(problemsOf(env, file(wrong)).join()).toContain('HERONRY_COMMUNITIES_FILE')
  }
})
