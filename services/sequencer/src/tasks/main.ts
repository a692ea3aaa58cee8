import { readSequencerTaskConfig } from '@heronry/config/read-task-config'
import { runTask } from '@heronry/core/run-task'
import { advanceNumbering, planAdvancing } from './advance-numbering.ts'
import { showStatus } from './show-status.ts'

/**
 * `node services/sequencer/src/tasks/main.ts sequencer-status | sequencer-advance-plan <seq> | sequencer-advance <seq>`: what
 * concerns numbering and must open the database, started by the CLI. Needs HERONRY_DATABASE_URL; Redis and relays are asked where
 * the environment names them.
 */
const config = () => readSequencerTaskConfig(process.env)
const tasks: Record<string, (to: number) => Promise<unknown>> = {
  'sequencer-status': () => showStatus(config()),
  'sequencer-advance-plan': (to) => planAdvancing(config(), to),
  'sequencer-advance': (to) => advanceNumbering(config(), to),
}

await runTask(async () => {
  const task = tasks[process.argv[2] ?? '']
  if (task === undefined) throw new Error(`A task is one of ${Object.keys(tasks).join(', ')}`)
  return await task(Number(process.argv[3]))
})
