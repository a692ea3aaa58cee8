import { expect, test } from 'vitest'
import type { Environment } from './environment-reader.ts'
import { ConfigError } from './read-config.ts'
import { readMigrateConfig, readTaskConfig } from './read-task-config.ts'

const database = { HERONRY_DATABASE_URL: 'postgres://localhost/heronry' }
const migrating = { ...database, PDS_ADMIN_PASSWORD: 'secret-admin' }

function problemsOf(read: (environment: Environment) => unknown, environment: Environment) {
  try {
    read(environment)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

test('a task needs the database and nothing else; migrating needs the communities, and no key', () => {
  expect(readTaskConfig(database)).toEqual({ databaseUrl: database.HERONRY_DATABASE_URL })
  expect(readMigrateConfig(migrating).communities).toHaveLength(1)
  expect(readMigrateConfig(migrating).rolePasswords.size).toBe(0)
})

test('every problem of a task is told at once', () => {
  const problems = problemsOf(readMigrateConfig, { HERONRY_DATABASE_PASSWORDS: 'api', PDS_ENTRYWAY_URL: 'x' })
  for (const name of ['HERONRY_DATABASE_URL', 'PDS_ADMIN_PASSWORD', 'PASSWORDS', 'PDS_ENTRYWAY_URL']) {
    expect(problems.filter((problem) => problem.includes(name))).toHaveLength(1)
  }
})

const [shortest, longest] = ['p'.repeat(16), 'P'.repeat(128)]

test('passwords are those of roles', () => {
  const told = { ...migrating, HERONRY_DATABASE_PASSWORDS: `blob-worker=${shortest}, api=${longest}` }
  expect(readMigrateConfig(told).rolePasswords).toEqual(
    new Map([
      ['heronry_blob_worker', shortest],
      ['heronry_api', longest],
    ]),
  )
})

test.each([
  `standalone=${shortest}`,
  `postgres=${shortest}`,
  `api=${shortest.slice(1)}`,
  `api=${longest}P`,
  `api=${shortest}'`,
  `api=${shortest}=`,
  shortest,
])('refuses the passwords %s, without telling them', (passwords) => {
  const problems = problemsOf(readMigrateConfig, { ...migrating, HERONRY_DATABASE_PASSWORDS: passwords })
  expect(problems).toHaveLength(1)
  expect(problems[0]).toContain('HERONRY_DATABASE_PASSWORDS')
  expect(problems[0]).not.toContain(shortest.slice(1))
})
