import { readConfig } from '@heronry/config/read-config'
import { runMain } from '@heronry/xrpc/process/run-main'
import { runProcess } from '@heronry/xrpc/process/run-process'
import { serveApi } from './serve.ts'

await runMain(() => {
  const service = 'api'
  return runProcess({ service, ...readConfig(process.env, { service }), open: serveApi })
})
