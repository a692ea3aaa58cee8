import { readConfig } from '@heronry/config/read-config'
import { runMain } from '@heronry/xrpc/process/run-main'
import { runProcess } from '@heronry/xrpc/process/run-process'
import { serveBlobWorker } from './serve.ts'

const service = 'blob-worker'

await runMain({
  serve: () => runProcess({ service, ...readConfig(process.env, { service }), open: serveBlobWorker }),
})
