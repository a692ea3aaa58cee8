import { readConfig } from '@heronry/config/read-config'
import { readSequencerTaskConfig } from '@heronry/config/read-task-config'
import { runMain } from '@heronry/xrpc/process/run-main'
import { runProcess } from '@heronry/xrpc/process/run-process'
import { serveSequencer } from './serve.ts'
import { advanceNumbering, planAdvancing } from './tasks/advance-numbering.ts'
import { showStatus } from './tasks/show-status.ts'

const service = 'sequencer'
const taskConfig = () => readSequencerTaskConfig(process.env)

await runMain({
  serve: () => runProcess({ service, ...readConfig(process.env, { service }), open: serveSequencer }),
  tasks: {
    'sequencer-status': async () => showStatus(taskConfig()),
    'sequencer-advance-plan': async ([to]) => planAdvancing(taskConfig(), Number(to)),
    'sequencer-advance': async ([to]) => advanceNumbering(taskConfig(), Number(to)),
  },
})
