import type { Did } from '@heronry/core/did'
import { createLogger } from '@heronry/telemetry/logger'
import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { verifyAdminPassword } from './admin-password.ts'
import { applyDefinitions } from './apply-definitions.ts'
import type { CommunityDefinition } from './community.ts'
import { createCommunityDirectory } from './directory.ts'
import { adminPasswordLengthMax } from './limits.ts'
import { planDefinitions } from './plan-definitions.ts'
import { readCommunityVersion } from './store.ts'

const logger = createLogger({ service: 'test', level: 'warn', enabled: false })
const herons = definition('herons')
const storks = definition('storks')

let database: TestDatabase
beforeEach(async () => {
  database = await testDatabase()
})
afterEach(() => database[Symbol.asyncDispose]())

test('applied again, by several processes at once, nothing changes', async () => {
  const { db } = database
  await Promise.all([applyDefinitions(db, [herons, storks]), applyDefinitions(db, [herons, storks])])
  const version = await readCommunityVersion(db)
  await applyDefinitions(db, [herons, storks])
  expect(await readCommunityVersion(db)).toBe(version)
  const all = await createCommunityDirectory({ db, logger }).all()
  expect(all.map(({ slug, handleDomains }) => [slug, ...handleDomains])).toEqual([
    ['herons', '.herons.example'],
    ['storks', '.storks.example'],
  ])
})

test('a community that is not defined any more stays', async () => {
  await applyDefinitions(database.db, [herons, storks])
  await applyDefinitions(database.db, [herons])
  expect(await createCommunityDirectory({ db: database.db, logger }).all()).toHaveLength(2)
})

test('a hostname never changes, and nothing else is changed by the attempt', async () => {
  await applyDefinitions(database.db, [herons, storks])
  const moved = { ...storks, hostname: 'elsewhere.example' }
  const renamed = { ...herons, settings: { ...herons.settings, name: 'Grey' } }
  await expect(applyDefinitions(database.db, [renamed, moved])).rejects.toThrow('storks is storks.example')
  const [first] = await createCommunityDirectory({ db: database.db, logger }).all()
  expect(first?.settings.name).toBe('herons')
})

test('a handle domain belongs to one community, and no host stands below that of another', async () => {
  const thief = { ...storks, handleDomains: ['.herons.example'] }
  await expect(applyDefinitions(database.db, [herons, thief])).rejects.toThrow('handle_domain')
  const lodger = { ...storks, hostname: 'storks.herons.example' }
  await expect(applyDefinitions(database.db, [herons, lodger])).rejects.toThrow('below the handle domain')
})

test('a running process sees a change within 2 s', async () => {
  await applyDefinitions(database.db, [herons])
  const directory = createCommunityDirectory({ db: database.db, logger })
  const stop = new AbortController()
  const running = directory.run(stop.signal)
  expect(await directory.all()).toHaveLength(1)
  await applyDefinitions(database.db, [storks])
  await vi.waitFor(async () => expect(await directory.all()).toHaveLength(2), { timeout: 10_000 })
  stop.abort()
  await running
})

test('an admin password counts at its own community only, until it is changed', async () => {
  const { db } = database
  await applyDefinitions(db, [herons, storks, { ...definition('gulls'), adminPassword: null }])
  const [first, second, third] = await createCommunityDirectory({ db, logger }).all()
  if (!first || !second || !third) throw new Error('three communities')
  expect(await verifyAdminPassword(first, 'secret-herons')).toBe(true)
  expect(await verifyAdminPassword(first, 'secret-herons')).toBe(true)
  expect(await verifyAdminPassword(first, 'secret-storks')).toBe(false)
  expect(await verifyAdminPassword(second, 'secret-herons')).toBe(false)
  for (const guess of ['', 'null', 'secret-gulls'])
    expect(await verifyAdminPassword(third, guess)).toBe(false)

  await applyDefinitions(db, [{ ...herons, adminPassword: 'changed' }])
  const [changed] = await createCommunityDirectory({ db, logger }).all()
  if (!changed) throw new Error('a community')
  expect(await verifyAdminPassword(changed, 'secret-herons')).toBe(false)
  expect(await verifyAdminPassword(changed, 'changed')).toBe(true)
})

test('an admin password may be as long as its limit and no longer', async () => {
  const longest = 'x'.repeat(adminPasswordLengthMax)
  await applyDefinitions(database.db, [
    { ...herons, adminPassword: longest },
    { ...storks, adminPassword: `${longest}x` },
  ])
  const [first, second] = await createCommunityDirectory({ db: database.db, logger }).all()
  if (!first || !second) throw new Error('two communities')
  expect(await verifyAdminPassword(first, longest)).toBe(true)
  expect(await verifyAdminPassword(second, `${longest}x`)).toBe(false)
})

function definition(slug: string): CommunityDefinition {
  return {
    slug,
    hostname: `${slug}.example`,
    publicUrl: `https://${slug}.example`,
    serviceDid: `did:web:${slug}.example` as Did,
    handleDomains: [`.${slug}.example`],
    adminPassword: `secret-${slug}`,
    settings: { name: slug, inviteRequired: false, contactEmail: undefined, links: {} },
  }
}

test('a plan says what would change and changes nothing; it throws for what would be refused', async () => {
  const { db } = database
  await applyDefinitions(db, [herons])
  const changed = { ...herons, adminPassword: 'another', settings: { ...herons.settings, name: 'Grey' } }
  expect(await planDefinitions(db, [herons, storks])).toMatchObject([
    { slug: 'herons', change: 'none', fields: [] },
    { slug: 'storks', change: 'create' },
  ])
  expect(await planDefinitions(db, [changed])).toMatchObject([
    { slug: 'herons', change: 'update', fields: ['settings', 'adminPassword'] },
  ])
  await expect(planDefinitions(db, [{ ...herons, hostname: 'x.example' }])).rejects.toThrow('cannot become')
  await expect(planDefinitions(db, [{ ...storks, handleDomains: herons.handleDomains }])).rejects.toThrow(
    'belongs to both',
  )
  expect(await createCommunityDirectory({ db, logger }).all()).toHaveLength(1)
})
