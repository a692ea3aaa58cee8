import { applyDefinitions } from '@heronry/communities/apply-definitions'
import type { Did } from '@heronry/core/did'
import { testDatabase } from '@heronry/testing/postgres'
import { expect, test } from 'vitest'
import { listCommunities } from '../src/tasks/list-communities.ts'

test('a list of communities shows no secret of any', async () => {
  await using database = await testDatabase()
  const cutOver = '2026-11-21T12:00:00.000Z'
  const definition = (slug: string, more: object) => ({
    slug,
    hostname: `${slug}.example`,
    publicUrl: `https://${slug}.example`,
    serviceDid: `did:web:${slug}.example` as Did,
    handleDomains: [`.${slug}.example`],
    adminPassword: 'hunter2',
    settings: { name: slug, inviteRequired: false, links: {}, ...more },
  })
  const imported = { legacySessions: { secret: 'hunter3', cutOver } }
  await applyDefinitions(database.db, [definition('herons', imported), definition('storks', {})])
  const listed = await listCommunities({ databaseUrl: database.url } as never)
  expect(listed).toMatchObject([
    { slug: 'herons', hasAdminPassword: true, settings: { legacySessions: cutOver } },
    { slug: 'storks', hasAdminPassword: true },
  ])
  expect(JSON.stringify(listed)).not.toMatch(/hunter|scrypt/)
})
