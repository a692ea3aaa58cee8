import { readRebuildConfig, readTaskConfig } from '@heronry/config/read-task-config'
import { runTask } from '@heronry/core/run-task'
import { type Database, openDatabase } from '@heronry/db/database'
import { createLogger, type Logger } from '@heronry/telemetry/logger'
import { rebuildRepos } from './rebuild-repos.ts'
import { verifyRepos } from './verify-repos.ts'

/**
 * `node services/api/src/tasks/main.ts repo-verify <did>… | repo-rebuild <did> [leave-out-unreadable]`: what must open the database, started by the CLI. Needs
 * HERONRY_DATABASE_URL; to rebuild, which signs a commit, HERONRY_KEK as well.
 */
const tasks: Record<string, (args: string[]) => Promise<unknown>> = {
  'repo-verify': (dids) => inDatabase(readTaskConfig(process.env), (deps) => verifyRepos(deps, dids)),
  'repo-rebuild': ([did = '', option]) => {
    const config = readRebuildConfig(process.env)
    const request = { did, leaveOutUnreadable: option === 'leave-out-unreadable' }
    return inDatabase(config, (deps) => rebuildRepos({ ...deps, ...config }, request))
  },
}

await runTask(async () => {
  const [name = '', ...args] = process.argv.slice(2)
  const task = tasks[name]
  if (task === undefined) throw new Error(`There is no task ${name}: ${Object.keys(tasks).join(', ')}`)
  return await task(args)
})

async function inDatabase<T>(
  { databaseUrl }: { databaseUrl: string },
  act: (deps: { db: Database; logger: Logger }) => Promise<T>,
): Promise<T> {
  const db = openDatabase({
    url: databaseUrl,
    poolMax: 4,
    applicationName: 'heronry-task',
    onIdleError: () => {},
  })
  try {
    return await act({ db, logger: createLogger({ service: 'task', level: 'warn', enabled: false }) })
  } finally {
    await db.destroy()
  }
}
