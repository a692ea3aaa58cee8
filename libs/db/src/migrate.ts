import { type Kysely, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import type { Database } from './database.ts'
import * as initial from './migrations/0001-initial.ts'
import * as roles from './migrations/0002-roles.ts'
import * as exportRole from './migrations/0003-export-role.ts'
import * as dropStores from './migrations/0004-drop-stores.ts'
import * as archive from './migrations/0005-archive.ts'
import * as rollback from './migrations/0006-rollback.ts'
import * as eventHour from './migrations/0007-event-hour.ts'
import * as sessions from './migrations/0008-sessions.ts'
import * as lifecycle from './migrations/0009-lifecycle.ts'
import * as mailInvites from './migrations/0010-mail-invites.ts'
import * as identity from './migrations/0011-identity.ts'
import * as operators from './migrations/0012-operators.ts'
import * as mail from './migrations/0013-mail.ts'
import * as secondFactor from './migrations/0014-second-factor.ts'
import * as oauth from './migrations/0015-oauth.ts'
import * as oauthTokens from './migrations/0016-oauth-tokens.ts'
import * as signIns from './migrations/0018-sign-ins.ts'
import * as preferences from './migrations/0022-preferences.ts'

/** Numbered, append-only. All that are due run in one transaction: a process killed in the middle leaves none of them. */
const migrations: Record<string, Migration> = {
  '0001-initial': initial,
  '0002-roles': roles,
  '0003-export-role': exportRole,
  '0004-drop-stores': dropStores,
  '0005-archive': archive,
  '0006-rollback': rollback,
  '0007-event-hour': eventHour,
  '0008-sessions': sessions,
  '0009-lifecycle': lifecycle,
  '0010-mail-invites': mailInvites,
  '0011-identity': identity,
  '0012-operators': operators,
  '0013-mail': mail,
  '0014-second-factor': secondFactor,
  '0015-oauth': oauth,
  '0016-oauth-tokens': oauthTokens,
  '0018-sign-ins': signIns,
  '0022-preferences': preferences,
}

/** Brings the schema up to date; any number of processes may call it at once. Returns the names that were applied. */
export async function migrateToLatest(db: Database): Promise<string[]> {
  const migrator = new Migrator({
    db: db as unknown as Kysely<unknown>,
    provider: { getMigrations: async () => migrations },
  })
  const { error, results } = await migrator.migrateToLatest()
  if (error !== undefined) throw new Error('The database could not be migrated', { cause: error })
  return (results ?? []).map((result) => result.migrationName)
}

/** Whether every migration this build knows has been applied (readiness of a service that does not migrate itself). */
export async function isMigrated(db: Database): Promise<boolean> {
  const { rows } = await sql<{ name: string }>`SELECT name FROM kysely_migration`.execute(db)
  const applied = new Set(rows.map((row) => row.name))
  return Object.keys(migrations).every((name) => applied.has(name))
}
