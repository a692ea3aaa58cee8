import { readFileSync } from 'node:fs'
import { type Environment, EnvironmentReader } from './environment-reader.ts'
import type {
  BlobTaskConfig,
  CommunitiesConfig,
  EmailConfig,
  MigrateConfig,
  RebuildConfig,
  SequencerTaskConfig,
  TaskConfig,
} from './house-config.ts'
import { readObjectStore } from './read-blobs.ts'
import { readCommunities } from './read-communities.ts'
import { ConfigError, readRedis } from './read-config.ts'
import { readDatabaseUrl, readRolePasswords } from './read-database.ts'
import { readKeyEncryptionKeys } from './read-keys.ts'
import { readMailers } from './read-mailers.ts'

/** What a task is told that opens the database and ends: the database alone. */
export function readTaskConfig(environment: Environment): TaskConfig {
  return read(environment, (reader) => ({ databaseUrl: readDatabaseUrl(reader) }))
}

/** As `readTaskConfig`, with where the bytes of blobs are: PDS_BLOBSTORE_*. */
export function readBlobTaskConfig(environment: Environment): BlobTaskConfig {
  return read(environment, (reader) => ({
    databaseUrl: readDatabaseUrl(reader),
    blobs: readObjectStore(reader),
  }))
}

/** As `readTaskConfig`, with the keys that open the vault: HERONRY_KEK. */
export function readRebuildConfig(environment: Environment): RebuildConfig {
  return read(environment, (reader) => ({
    databaseUrl: readDatabaseUrl(reader),
    keyEncryptionKeys: readKeyEncryptionKeys(reader),
  }))
}

/** As `readTaskConfig`, with the communities that the environment names: HERONRY_COMMUNITIES_FILE, else PDS_*. */
export function readCommunitiesConfig(environment: Environment): CommunitiesConfig {
  return read(environment, readHouseCommunities)
}

/** As `readCommunitiesConfig`, with the passwords of the roles that log in by themselves. */
export function readMigrateConfig(environment: Environment): MigrateConfig {
  return read(environment, (reader) => ({
    ...readHouseCommunities(reader),
    rolePasswords: readRolePasswords(reader),
  }))
}

/** What concerns mail, and the warnings that come with it. */
export function readMailConfig(environment: Environment): {
  readonly config: Pick<EmailConfig, 'mail' | 'moderationMail' | 'dkim'>
  readonly warnings: readonly string[]
} {
  return read(environment, (reader) => ({ config: readMailers(reader), warnings: reader.warnings }))
}

function readHouseCommunities(reader: EnvironmentReader): CommunitiesConfig {
  return {
    databaseUrl: readDatabaseUrl(reader),
    communities: readCommunities(reader, {
      port: reader.port('PORT') ?? 2583,
      readFile: (path) => readFileSync(path, 'utf8'),
    }),
  }
}

/** As `readTaskConfig`, with what else remembers numbering: Redis, and how relays may be asked. */
export function readSequencerTaskConfig(environment: Environment): SequencerTaskConfig {
  return read(environment, (reader) => ({
    databaseUrl: readDatabaseUrl(reader),
    redisUrl: readRedis(reader)?.url,
    publicOnly: !(reader.boolean('DISABLE_SSRF_PROTECTION') ?? reader.boolean('DEV_MODE') ?? false),
  }))
}

function read<T>(environment: Environment, reading: (reader: EnvironmentReader) => T): T {
  const reader = new EnvironmentReader(environment)
  const config = reading(reader)
  if (reader.problems.length > 0) throw new ConfigError([...new Set(reader.problems)])
  return config
}
