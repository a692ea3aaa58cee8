import { readSequencerTaskConfig } from '@heronry/config/read-task-config'
import { runTask } from '@heronry/core/run-task'
import { type Database, openDatabase } from '@heronry/db/database'
import { createHttpFetch } from '@heronry/identity/http-fetch'
import { createLogger } from '@heronry/telemetry/logger'
import { witnessAnswerMs } from '../limits.ts'
import { advance, planAdvance } from '../rollback/advance.ts'
import { relayWitnesses } from '../rollback/relay-witnesses.ts'
import { streamWitness } from '../rollback/stream-witness.ts'
import { TailJournal } from '../rollback/tail-journal.ts'
import { journalKey, streamKey } from '../stream/stream-key.ts'
import { sequencerStatus } from './sequencer-status.ts'

/**
 * `node services/sequencer/src/tasks/main.ts sequencer-status | sequencer-advance-plan <seq> | sequencer-advance <seq>`: what
 * concerns numbering and must open the database, started by the CLI. Needs HERONRY_DATABASE_URL; Redis and relays are asked where
 * the environment names them.
 */
const [task, to] = process.argv.slice(2)

await runTask(async () => {
  const config = readSequencerTaskConfig(process.env)
  const db = openDatabase({
    url: config.databaseUrl,
    poolMax: 4,
    applicationName: 'heronry-task',
    onIdleError: () => {},
  })
  try {
    return await run(config, db)
  } finally {
    await db.destroy()
  }
})

async function run(
  { databaseUrl, redisUrl, publicOnly }: ReturnType<typeof readSequencerTaskConfig>,
  db: Database,
): Promise<unknown> {
  const logger = createLogger({ service: 'task', level: 'warn', enabled: false })
  if (task === 'sequencer-advance-plan') return await planAdvance(db, Number(to))
  if (task === 'sequencer-advance') {
    const journal =
      redisUrl === undefined ? undefined : new TailJournal({ redisUrl, key: journalKey(streamKey) })
    return await advance({ db, databaseUrl, logger, journal }, Number(to))
  }
  if (task !== 'sequencer-status') {
    throw new Error('A task is one of sequencer-status, sequencer-advance-plan, sequencer-advance')
  }
  const fetch = createHttpFetch({ publicOnly, timeoutMs: witnessAnswerMs })
  const stream = redisUrl === undefined ? [] : [streamWitness({ redisUrl, key: streamKey })]
  return await sequencerStatus({ db, logger, witnesses: [...stream, ...(await relayWitnesses(db, fetch))] })
}
