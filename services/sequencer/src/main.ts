import { readConfig } from '@heronry/config/read-config'
import { runMain } from '@heronry/xrpc/process/run-main'
import { runProcess } from '@heronry/xrpc/process/run-process'
import { serveSequencer } from './serve.ts'

const service = 'sequencer'

await runMain({
  serve: () => runProcess({ service, ...readConfig(process.env, { service }), open: serveSequencer }),
})
