import { readFileSync } from 'node:fs'
import type { CommunityDefinition } from '@heronry/communities/community'
import { type Environment, EnvironmentReader } from './environment-reader.ts'
import type { SequencerTaskConfig } from './house-config.ts'
import { readCommunities } from './read-communities.ts'
import { ConfigError, readRedis } from './read-config.ts'

/** What a task is told that opens the database and ends: the database alone. */
export function readTaskConfig(environment: Environment): { readonly databaseUrl: string } {
  return read(environment, readDatabaseUrl)
}

/** As `readTaskConfig`, with the communities that the environment names: HERONRY_COMMUNITIES_FILE, else PDS_*. */
export function readCommunitiesConfig(environment: Environment): {
  readonly databaseUrl: string
  readonly communities: readonly CommunityDefinition[]
} {
  return read(environment, (reader) => ({
    ...readDatabaseUrl(reader),
    communities: readCommunities(reader, {
      port: reader.integer('PORT', 1) ?? 2583,
      readFile: (path) => readFileSync(path, 'utf8'),
    }),
  }))
}

/** As `readTaskConfig`, with what else remembers numbering: Redis, and how relays may be asked. */
export function readSequencerTaskConfig(environment: Environment): SequencerTaskConfig {
  return read(environment, (reader) => ({
    ...readDatabaseUrl(reader),
    redisUrl: readRedis(reader)?.url,
    publicOnly: !(reader.boolean('DISABLE_SSRF_PROTECTION') ?? reader.boolean('DEV_MODE') ?? false),
  }))
}

function readDatabaseUrl(reader: EnvironmentReader) {
  reader.required('DATABASE_URL', 'a postgres:// URL')
  return { databaseUrl: reader.url('DATABASE_URL', ['postgres:', 'postgresql:']) ?? '' }
}

function read<T>(environment: Environment, reading: (reader: EnvironmentReader) => T): T {
  const reader = new EnvironmentReader(environment)
  const config = reading(reader)
  if (reader.problems.length > 0) throw new ConfigError(reader.problems)
  return config
}
