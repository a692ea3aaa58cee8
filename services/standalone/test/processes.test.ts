import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { ActorId } from '@heronry/core/ids'
import { inTransaction } from '@heronry/db/in-transaction'
import { migrateToLatest } from '@heronry/db/migrate'
import { openDoor } from '@heronry/testing/door'
import { testDatabase } from '@heronry/testing/postgres'
import { testRedis } from '@heronry/testing/redis'
import { createVault } from '@heronry/vault/vault'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { answerOf, start, statusOf, until } from './processes.ts'

const services = ['entryway', 'api', 'sequencer', 'blob-worker', 'email']
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwks = (key: typeof publicKey) =>
  JSON.stringify({ keys: [{ ...key.export({ format: 'jwk' }), kid: 'a' }] })
const environment = {
  HERONRY_KEK: 'ab'.repeat(32),
  HERONRY_TOKEN_KEYS: jwks(privateKey),
  HERONRY_TOKEN_JWKS: jwks(publicKey),
  PDS_ADMIN_PASSWORD: 'admin',
  PDS_DPOP_SECRET: 'dc'.repeat(32),
  PDS_HOSTNAME: 'localhost',
  PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX: '0d'.repeat(32),
  LOG_ENABLED: 'true',
}

test('every service is alive at once, starts when the schema is there, and ends when it is told to', async () => {
  await using database = await testDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'heronry-blobs-'))
  const env = { ...environment, HERONRY_DATABASE_URL: database.url, PDS_BLOBSTORE_DISK_LOCATION: folder }
  await sql`ALTER TABLE kysely_migration RENAME TO elsewhere`.execute(database.db)
  await using started = new AsyncDisposableStack()
  const running = await Promise.all(services.map((service) => start(service, env)))
  for (const it of running) started.use(it)
  const are = async (path: string, status: number) => {
    const statuses = await Promise.all(running.map(({ internalUrl }) => statusOf(`${internalUrl}/-/${path}`)))
    return statuses.every((it) => it === status)
  }
  await until('alive', () => are('live', 200))
  expect([await are('startup', 503), await are('ready', 503)]).toEqual([true, true])
  await sql`ALTER TABLE elsewhere RENAME TO kysely_migration`.execute(database.db)
  await using migrating = await start('entryway', env, '--task', 'migrate')
  expect([await migrating.ended, await migrateToLatest(database.db)]).toEqual([0, []])
  await until('ready', () => are('ready', 200))
  expect(await are('startup', 200)).toBe(true)
  for (const { process } of running) process.kill('SIGTERM')
  expect(await Promise.all(running.map(({ ended }) => ended))).toEqual(services.map(() => 0))
  await rm(folder, { recursive: true, force: true })
})

test('a process that drains is not ready, still answers, and a second signal ends it at once', async () => {
  await using database = await testDatabase()
  const env = { ...environment, HERONRY_DATABASE_URL: database.url, HERONRY_DRAIN_DELAY_MS: '30000' }
  await using entryway = await start('entryway', env)
  await until('ready', async () => (await statusOf(`${entryway.internalUrl}/-/ready`)) === 200)
  entryway.process.kill('SIGTERM')
  await until('unready', async () => (await statusOf(`${entryway.internalUrl}/-/ready`)) === 503)
  expect(await statusOf(`${entryway.internalUrl}/-/live`)).toBe(200)
  expect(await statusOf(`${entryway.internalUrl}/-/startup`)).toBe(200)
  expect(await statusOf(`${entryway.url}/xrpc/_health`)).toBe(200)
  entryway.process.kill('SIGTERM')
  expect(await entryway.ended).toBe(1)
})

test('without Postgres a service is alive and not ready; without Redis it is ready, and says what it lacks', async () => {
  await using database = await testDatabase()
  await using redis = await testRedis()
  using door = await openDoor(database.url)
  const env = {
    ...environment,
    HERONRY_DATABASE_URL: door.url,
    HERONRY_REDIS_URL: redis.url,
    PDS_RATE_LIMITS_ENABLED: 'true',
  }
  await using started = new AsyncDisposableStack()
  const affected = ['entryway', 'sequencer', 'email']
  const running = await Promise.all(affected.map((service) => start(service, env)))
  for (const it of running) started.use(it)
  const allSay = (status: number, said: object) => async () => {
    const answers = await Promise.all(running.map(({ internalUrl }) => answerOf(`${internalUrl}/-/ready`)))
    return answers.every((it) => isDeepStrictEqual(it, { status, body: said }))
  }
  const up = { ready: true, degraded: false, checks: { database: 'up', redis: 'up' } }
  await until('ready', allSay(200, up))
  redis.shut()
  await until('degraded', allSay(200, { ...up, degraded: true, checks: { database: 'up', redis: 'down' } }))
  redis.open()
  await until('whole again', allSay(200, up))
  door.shut()
  const away = {
    ready: false,
    reason: 'database',
    degraded: false,
    checks: { database: 'down', redis: 'up' },
  }
  await until('unready', allSay(503, away))
  for (const { internalUrl } of running) expect(await statusOf(`${internalUrl}/-/live`)).toBe(200)
  door.open()
  await until('ready again', allSay(200, up))
})

test('a service that cannot open the signing keys that are stored does not start, and says which key it lacks', async () => {
  await using database = await testDatabase()
  const vault = createVault({ db: database.db, keyEncryptionKeys: [{ id: 'lost', key: new Uint8Array(32) }] })
  const key = { actorId: 1n as ActorId, ...vault.generate() }
  await inTransaction(database.db, { name: 'seal' }, (tx) => vault.seal(tx, key))
  const env = { ...environment, HERONRY_DATABASE_URL: database.url, PDS_BLOBSTORE_DISK_LOCATION: tmpdir() }
  await using entryway = await start('entryway', env)
  await using api = await start('api', env)
  for (const { ended, output } of [entryway, api]) {
    expect(await ended).toBe(1)
    expect(output()).toContain('HERONRY_KEK lacks the key-encryption key lost')
  }
})

test('no service starts without its configuration, and each says what it lacks', async () => {
  await using started = new AsyncDisposableStack()
  const refusing = await Promise.all(services.map((service) => start(service, {})))
  for (const it of refusing) started.use(it)
  expect(await Promise.all(refusing.map(({ ended }) => ended))).toEqual(services.map(() => 1))
  for (const { output } of refusing) {
    expect(output()).toContain('HERONRY_DATABASE_URL is missing')
    expect(output()).not.toContain('    at ')
  }
})
