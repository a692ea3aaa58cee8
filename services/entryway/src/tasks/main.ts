import { applyDefinitions } from '@heronry/communities/apply-definitions'
import { planDefinitions } from '@heronry/communities/plan-definitions'
import { readCommunitiesConfig, readTaskConfig } from '@heronry/config/read-task-config'
import { runTask } from '@heronry/core/run-task'
import { type Database, openDatabase } from '@heronry/db/database'
import { createLogger } from '@heronry/telemetry/logger'
import { listCommunities } from './list-communities.ts'

/**
 * `node services/entryway/src/tasks/main.ts community-list|community-plan|community-apply`: what concerns the whole house and
 * must open the database, started by the CLI. Needs HERONRY_DATABASE_URL, and HERONRY_COMMUNITIES_FILE (or PDS_*) to plan and apply.
 */
const tasks: Record<string, () => Promise<unknown>> = {
  'community-list': () => {
    const logger = createLogger({ service: 'task', level: 'warn', enabled: false })
    return withDatabase(readTaskConfig(process.env), (db) => listCommunities({ db, logger }))
  },
  'community-plan': () => {
    const config = readCommunitiesConfig(process.env)
    return withDatabase(config, (db) => planDefinitions(db, config.communities))
  },
  'community-apply': () => {
    const config = readCommunitiesConfig(process.env)
    return withDatabase(config, async (db) => {
      const plan = await planDefinitions(db, config.communities)
      await applyDefinitions(db, config.communities)
      return plan
    })
  },
}

await runTask(async () => {
  const task = tasks[process.argv[2] ?? '']
  if (task === undefined) throw new Error(`A task is one of ${Object.keys(tasks).join(', ')}`)
  return await task()
})

async function withDatabase<T>({ databaseUrl }: { databaseUrl: string }, act: (db: Database) => Promise<T>) {
  const db = openDatabase({
    url: databaseUrl,
    poolMax: 4,
    applicationName: 'heronry-task',
    onIdleError: () => {},
  })
  try {
    return await act(db)
  } finally {
    await db.destroy()
  }
}
