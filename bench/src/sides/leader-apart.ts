import { join } from 'node:path'
import type { Processes } from '@heronry/launcher/processes.mjs'
import pg from 'pg'
import { cpuOf } from '../measure/cpu.ts'
import { serverPort } from './server-port.ts'
import { startServer } from './server-process.ts'
import type { LeaderApart } from './side.ts'

export interface LeaderOptions {
  /** The house: it restarts as an edge, and in the end as it was. */
  readonly house: { restart(env?: NodeJS.ProcessEnv): Promise<void> }
  readonly databaseUrl: string
  readonly env: NodeJS.ProcessEnv
  readonly folder: string
}

/** Postgres tells its backends by it. */
const applicationName = 'bench-leader'

/** The sequencer in the role of the leader, in a process of its own as in a large house: so its CPU can be told from the others'. */
export async function startLeaderApart(
  processes: Processes,
  { house, databaseUrl, env, folder }: LeaderOptions,
): Promise<LeaderApart> {
  await house.restart({ HERONRY_SEQUENCER_ROLE: 'edge' })
  const port = await serverPort()
  const leader = await startServer(processes, {
    name: 'The leader',
    args: ['services/sequencer/src/main.ts'],
    env: {
      ...env,
      HERONRY_DATABASE_URL: named(databaseUrl),
      HERONRY_INTERNAL_PORT: String(port),
      HERONRY_SEQUENCER_ROLE: 'leader',
    },
    healthUrl: `http://127.0.0.1:${port}/-/ready`,
    log: join(folder, 'leader.log'),
  })
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const backends = 'SELECT pid FROM pg_stat_activity WHERE application_name = $1'
  return {
    readCpu: async () => {
      const { rows } = await client.query<{ pid: number }>(backends, [applicationName])
      return { node: cpuOf(leader.pid()), postgres: rows.reduce((sum, { pid }) => sum + cpuOf(pid), 0) }
    },
    async [Symbol.asyncDispose]() {
      await client.end()
      await leader.stop()
      await house.restart()
    },
  }
}

/** The same database, for backends that can be told from others. */
function named(databaseUrl: string): string {
  const url = new URL(databaseUrl)
  url.searchParams.set('application_name', applicationName)
  return url.href
}
